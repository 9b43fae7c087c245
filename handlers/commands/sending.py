"""/plan /push /pause /resume: what is said unasked, and when."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from handlers import texts
from handlers.commands.parse import number
from handlers.commands.picking import FARTHEST, picked
from handlers.commands.posts import STATES
from handlers.commands.request import Request, say, stamp
from handlers.effect_types import Pause, Push, Resume, ShowPlan
from handlers.naming import addressed
from handlers.posting import NEED
from handlers.turn import Office, Outcome
from scheduler.timetable import Planned

_SHOWN = 30  # posts in one list
_HOW = "看内容：/preview 序号　现在就推送：/push 序号"
_NOT_THEN = "，但到时不会发"
HOLIDAYS_UNKNOWN = (
    "{year} 年的放假安排分寸还不知道，那一年什么都不会主动发。请升级分寸，"
    "或把那一年放假的日子写进设置 [restraint] silent_days。"
)
_NUMBERED = 500  # posts whose numbers are remembered
_RECIPIENTS = 3  # named per post


async def plan(request: Request) -> Outcome | None:
    """The coming posts with the numbers that /push takes, which stay theirs until the next /plan."""
    days = number(request.arguments, unit="天|d", most=FARTHEST) if request.arguments else 7
    if days is None:
        return None
    numbered = tuple(await request.office.plan(FARTHEST))[:_NUMBERED]
    coming = await request.office.plan(days)
    if not coming:
        return say(_nothing_within(days, numbered, request.office), ShowPlan(numbered))
    return say(f"**{days} 天内的推送**\n\n{await _listed(request, coming, days)}\n\n{_HOW}", ShowPlan(numbered))


async def _listed(request: Request, coming: Sequence[Planned], days: int) -> str:
    """A line for each, and what holds for more than one."""
    office, posting, zone = request.office, request.office.posting, request.office.zone
    states, people = await posting.states(coming[:_SHOWN]), await posting.people(coming[:_SHOWN])
    unknown = set(posting.years_unknown(days)) & {_year(post, zone) for post in coming[:_SHOWN]}
    rows = [
        f"{place}. {_row(post, office, reached)} · {STATES[state]}{_NOT_THEN if _year(post, zone) in unknown else ''}"
        for place, (post, state, reached) in enumerate(zip(coming, states, people, strict=False), 1)
    ]
    beyond = len(coming) - _SHOWN
    more = [f"后面还有 {beyond} 条，序号接着数，例如发“/preview {_SHOWN + 1}”看。"] if beyond > 0 else []
    more += [HOLIDAYS_UNKNOWN.format(year=year) for year in sorted(unknown)]
    return "\n\n".join(["\n".join(rows), *more])


def _year(post: Planned, zone: str) -> int:
    return post.at.astimezone(ZoneInfo(zone)).year


def _nothing_within(days: int, later: Sequence[Planned], office: Office) -> str:
    if not later:
        return f"{days} 天内没有推送，之后也还没有安排。"
    return f"{days} 天内没有推送。下一条：\n\n1. {_row(later[0], office)}"


def _row(post: Planned, office: Office, people: int | None = None) -> str:
    zone, called = office.zone, office.called
    named = "、".join(addressed(each, called) for each in post.to[:_RECIPIENTS]) or "没有收件人"
    more = f" 等 {len(post.to)} 处" if len(post.to) > _RECIPIENTS else ""
    needed = f"（按需：{post.schedule.removeprefix(NEED)}）" if post.schedule.startswith(NEED) else ""
    count = f"，现在共 {people} 人或群" if people is not None else ""
    return f"{texts.moment(post.at, zone)}《{post.title}》{needed}→ {named}{more}{count}"


async def push(request: Request) -> Outcome | None:
    """Sends one planned post now. The gate decides as ever: being asked for by hand changes nothing."""
    found = await picked(request, request.arguments)
    if not isinstance(found, tuple):
        return found
    place, post = found
    if post.schedule.startswith(NEED):
        return say(f"《{post.title}》是会员需要时才发的，不用推送：发“/approve {place}”批准，之后会自己发出。")
    text = (
        f"第 {place} 条《{post.title}》（原定 {texts.moment(post.at, request.office.zone)}）现在交给发送检查，"
        "通过的马上发出，结果随后告诉您。"
    )
    return say(text, Push(post), audit=f"push {post.schedule} {stamp(post.at)}")


async def pause(request: Request) -> Outcome | None:
    """Stops what is said unasked, for some hours or until /resume."""
    if not request.arguments:
        text = "已暂停主动推送，直到您发 /resume。会员提问照样回答。"
        return say(text, Pause(None), audit="pause until resumed")
    hours = number(request.arguments, unit="个?小时|h", most=720)
    if hours is None:
        return None
    until = request.turn.now + timedelta(hours=hours)
    text = f"已暂停主动推送，到 {texts.moment(until, request.office.zone)} 自动恢复。会员提问照样回答。"
    return say(text, Pause(until), audit=f"pause until {stamp(until)}")


async def resume(request: Request) -> Outcome | None:
    """Lets scheduled sending go on."""
    if request.arguments:
        return None
    return say("已恢复主动推送。暂停期间压下的内容，没过期的照常发，过期的不再补发。", Resume(), audit="resume")
