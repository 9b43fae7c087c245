"""What operators see and decide about what is said unasked: implements `handlers.posting.Posting`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.audience import Audiences
from bot.clock import Clock
from bot.gatekeeper import Gatekeeper
from bot.librarian import Librarian
from bot.occurrences import CHANNELS, parts_of
from bot.rhythm import Rhythms
from bot.shelf import Shelf, state_of
from bot.store import contents, ledger, marks
from bot.store.database import Database, insert_once
from bot.store.restraint_tables import draft as draft_table
from bot.store.restraint_tables import promo_day
from bot.store.tables import decision, millis, moment, outbox
from bot.transaction import Transaction
from bot.trials import Trials
from bot.wecom.render import render
from handlers.effect_types import DraftPost, ExtraPromoDay, JudgePost, ShowPlan
from handlers.naming import addressed, channel_name
from handlers.posting import WAITING, Drafted, Problem, PromoMonth, Prospect, Shown, Whys
from handlers.turn import Turn
from knowledge.answers.whole import whole
from knowledge.types import Answer, Guide
from scheduler.conflicts import AUDIENCE
from scheduler.drafting import draft
from scheduler.gate import describe, replay
from scheduler.posts import Post, Recipient, as_sent, subject_of
from scheduler.rules import Rules
from scheduler.timetable import Planned

_SHOWN = "plan_shown:"  # marks: the plan that a colleague's numbers refer to
_DECISIONS = 20  # of one person that are looked through
_LATELY = timedelta(days=14)
_NAMED = 5  # recipients whose expected decision is looked up
_LIFE = timedelta(hours=6)  # for which a preview supposes that a post is good


@dataclass(frozen=True, kw_only=True)
class BotPosting:
    """Reads; nothing here takes a slot or leaves."""

    rules: Rules
    shelf: Shelf
    librarian: Librarian
    gatekeeper: Gatekeeper
    rhythms: Rhythms
    audiences: Audiences
    compared: Trials
    database: Database
    clock: Clock
    unknown_years: Callable[[datetime, timedelta], Sequence[int]]  # as `bot.holidays.unknown_years` of these settings
    called: Callable[[str], str] = str  # what a colleague (userid) is called

    async def prospect(self, planned: Planned) -> Prospect | None:
        post = self._post(planned.guide)
        if post is None:
            return None
        async with self.database.read() as connection:
            decided = (await contents.judged(connection)).get((post.name, post.digest))
            reached = await self.audiences.expand(connection, planned.to, self.clock.now())
            expected = await self._expected(connection, planned, post, reached.recipients[:_NAMED])
        review = self.shelf.review_of(post.title, post.markdown)
        found = review.violations if review else ()
        return Prospect(
            post=post,
            state=state_of(post, decided),
            by=decided.by if decided else "",
            why=decided.why if decided else "",
            problems=[Problem(each.code, each.quote, each.why) for each in found],
            shown=_shown(post, reached.recipients),
            expected=expected,
            people=len(reached.recipients),
            nobody=reached.wrong,
            lexicon=review.lexicon if review else "",
        )

    async def states(self, coming: Sequence[Planned]) -> list[str]:
        async with self.database.read() as connection:
            decided = await contents.judged(connection)
        posts = [self._post(each.guide) for each in coming]
        return [state_of(post, decided.get((post.name, post.digest))) if post else WAITING for post in posts]

    async def shown(self, person: str) -> list[Shown] | None:
        async with self.database.read() as connection:
            rows = await marks.get_mark(connection, _SHOWN + person.lower())
        if rows is None:
            return None
        return [Shown(schedule, datetime.fromisoformat(at), guide, title) for schedule, at, guide, title in rows]

    def years_unknown(self, days: int) -> Sequence[int]:
        return self.unknown_years(self.clock.now(), timedelta(days=days))

    async def trials(self) -> Mapping[str, str]:
        return await self.compared.standing()

    async def people(self, coming: Sequence[Planned]) -> list[int | None]:
        counts: dict[tuple[str, ...], int | None] = {}
        async with self.database.read() as connection:
            for to in {each.to for each in coming}:
                named = any(address.startswith(AUDIENCE) for address in to)
                reached = await self.audiences.expand(connection, to, self.clock.now()) if named else None
                counts[to] = len(reached.recipients) if reached else None
        return [counts[each.to] for each in coming]

    async def promo_month(self, today: date) -> PromoMonth:
        start = today.replace(day=1).isoformat()
        query = select(promo_day).where(func.substr(promo_day.c.day, 1, 7) == start[:7])
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
            days = await ledger.promo_days(connection, today)
        asked = {date.fromisoformat(row["day"]): (str(row["asked_by"]), str(row["granted_by"])) for row in rows}
        return PromoMonth(days, asked)

    async def in_full(self, person: str, chat: str, now: datetime) -> Answer | None:
        subject = subject_of("group", chat) if chat else subject_of("person", person)
        async with self.database.read() as connection:
            sent = await ledger.sent_to(connection, [subject], now - _LATELY, "")
        if not sent:
            return None
        guide = next((guide for guide in self.librarian.guides if guide.name == sent[-1].guide), None)
        if guide is not None:
            return whole(guide, "")
        post = self._post(sent[-1].guide)
        return Answer(post.markdown, refused=False) if post else None

    async def draft(self, word: str) -> Drafted | None:
        guides = [guide for guide in self.librarian.guides if not guide.expired(self.clock.now().date())]
        named = [guide for guide in guides if word in guide.title or word in guide.keywords or word == guide.name]
        if not named:
            return None
        guide = min(named, key=lambda guide: (guide.weekly, guide.title != word, len(guide.title)))
        title, body = draft(guide)
        written = await self._composed(guide)
        text = f"**{title}**\n\n{written}" if written else body
        return Drafted(title, guide.topic, text, guide.name, "model" if written else "template")

    async def _composed(self, guide: Guide) -> str:
        """The points in the model's words, each sentence held against the guide; empty where that did not work."""
        assistant, library = self.librarian.assistant, self.librarian.library
        if assistant is None or library is None:
            return ""
        found = library.search(guide.title, self.clock.now().date())
        answer = await assistant.compose(
            f"{guide.title}，要点", [hit for hit in found if hit.passage.guide == guide.name]
        )
        return answer.text if answer is not None else ""

    async def whys(self, person: str) -> Whys:
        theirs = func.lower(decision.c.recipient).endswith(f":{person.lower()}", autoescape=True)
        columns = (decision.c.decided_at, decision.c.rule, decision.c.inputs, outbox.c.body)
        query = select(*columns).join(outbox, outbox.c.id == decision.c.part).where(theirs)
        async with self.database.read() as connection:
            rows = (await connection.execute(query.order_by(decision.c.id.desc()).limit(_DECISIONS))).mappings().all()
            standing = await self.rhythms.standing(connection, person, self.clock.now())
        told = [
            (
                moment(row["decided_at"]),
                str(row["body"]["title"]),
                describe(replay(row["inputs"], row["rule"]), self.rules.zone),
            )
            for row in rows
        ]
        return Whys(told, standing.fatigue, standing.layer, standing.rest_days)

    def _post(self, name: str) -> Post | None:
        return self.shelf.find(name)

    async def _expected(
        self, connection: AsyncConnection, planned: Planned, post: Post, recipients: Sequence[Recipient]
    ) -> list[str]:
        """What the gate would answer these recipients at the planned time, as far as is known now."""
        parts = parts_of(post, recipients, 0, planned.at, planned.at + _LIFE, "")
        rows = []
        for part in parts:
            for address in part.body["recipients"]:
                made = await self.gatekeeper.foresee(connection, part, address, planned.at)
                rows.append(f"{addressed(address, self.called)}：{describe(made, self.rules.zone)}")
        return rows


class PostJudge:
    """Carries out what operators decide about posts."""

    async def apply(
        self, transaction: Transaction, turn: Turn, effect: JudgePost | ExtraPromoDay | DraftPost | ShowPlan, _key: str
    ) -> None:
        who = turn.conversation.person
        match effect:
            case JudgePost():
                values = {"key": effect.name, "digest": effect.digest, "kind": effect.kind, "title": effect.title}
                state = contents.APPROVED if effect.approved else contents.REJECTED
                values |= {"state": state, "lexicon": effect.lexicon, "by": who, "why": effect.why}
                await contents.judge(transaction.connection, values, transaction.now)
            case DraftPost():
                row = {name: getattr(effect, name) for name in ("title", "topic", "body", "source", "by")}
                await transaction.connection.execute(insert(draft_table).values(**row, at=millis(transaction.now)))
            case ShowPlan(coming):
                rows = [(each.schedule, each.at.isoformat(), each.guide, each.title) for each in coming]
                await marks.set_mark(transaction.connection, _SHOWN + who.lower(), rows, transaction.now)
            case ExtraPromoDay(day):
                await self._extra(transaction, day, who)

    async def _extra(self, transaction: Transaction, day: date, who: str) -> None:
        """The first asks, somebody else grants."""
        connection, key = transaction.connection, day.isoformat()
        row = {"day": key, "asked_by": who, "granted_by": "", "at": millis(transaction.now)}
        if (await connection.execute(insert_once(connection, promo_day, ["day"]).values(**row))).rowcount == 1:
            return
        other = func.lower(promo_day.c.asked_by) != who.lower()
        open_ = (promo_day.c.day == key, promo_day.c.granted_by == "", other)
        await connection.execute(update(promo_day).where(*open_).values(granted_by=who))


def _shown(post: Post, recipients: Sequence[Recipient]) -> dict[str, str]:
    """Channel, as people know it → the text as it shows it."""
    reaches = dict.fromkeys(each.channel for each in recipients)
    return {channel_name(CHANNELS[reach]): render(as_sent(post, reach), CHANNELS[reach]) for reach in reaches}
