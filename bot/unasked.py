"""Puts together what speaks unasked, for the bot and for the commands that look ahead without one."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import timedelta

from bot.audience import Audiences, Directory
from bot.foundation import Foundation
from bot.planner import Planner
from bot.reviewing import Reviewer
from bot.rhythm import Rhythms
from bot.settings import Settings
from bot.shelf import Shelf
from bot.trials import Trials
from knowledge.types import Guide
from scheduler.rules import Rules
from scheduler.timetable import Schedule


def rules_of(settings: Settings) -> Rules:
    """The numbers of `[restraint]` in the tenant's zone."""
    known = {field.name for field in fields(Rules)}
    numbers = {name: value for name, value in settings.restraint.model_dump().items() if name in known}
    return Rules.parse(zone=settings.timezone, **numbers)


def shelf_of(base: Foundation, guides: Callable[[], Sequence[Guide]]) -> Shelf:
    """What could be sent: weekly ones of these guides, the posts folder and drafts. Empty until it has looked."""
    folder = base.settings.posts.folder
    return Shelf(guides, folder, Reviewer(folder / "lexicon.yaml").review, base.database)


def audiences_of(base: Foundation, directory: Directory, rhythms: Rhythms) -> Audiences:
    """The audiences of the settings, for the timetable."""
    named = [each.audience for each in base.settings.audiences]
    return Audiences(named, directory, rhythms, base.settings.timezone)


def planner_of(base: Foundation, shelf: Shelf, audiences: Audiences) -> Planner:
    """The timetable over what is on the shelf."""
    return Planner(
        schedules={each.name: Schedule(**each.model_dump()) for each in base.settings.schedules},
        audiences=audiences,
        trials=Trials(base),
        shelf=shelf,
        database=base.database,
        transactions=base.transactions,
        alarm=base.alarm,
        clock=base.clock,
        zone=base.settings.timezone,
        posts=base.posts,
        repeat_days=base.settings.restraint.repeat_guide_days,
        gap=timedelta(hours=base.settings.restraint.gap_hours),
        agent=base.agent,
    )
