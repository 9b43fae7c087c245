"""What is written down of questions and answers: what an answer rests on, what it was worth, what the guides lack.

No text is kept here but masked questions, and no person: a salted hash tells members apart.
"""

from collections.abc import Callable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from bot.part import answer_id
from bot.store import gaps, ratings
from bot.store.inbox import Waiting
from bot.transaction import Transaction
from handlers.commands.gaps import GUIDE
from handlers.effect_types import DraftGuide, NoteGap, PublishGuide, Rate
from handlers.gap_worthy import gap_worthy
from handlers.turn import Reply, Turn
from knowledge.gaps import Ask, GapKind, Stage, digest, worth_noting
from knowledge.language.masking import masked
from knowledge.types import Guide


class Notebook:
    """One method per effect, inside the turn's transaction."""

    def __init__(self, guides: Callable[[], Sequence[Guide]], zone: str) -> None:
        """`guides` are those of the library in use, none while there is no library; `zone` is the tenant's."""
        self._guides = guides
        self._zone = ZoneInfo(zone)

    async def apply(
        self, transaction: Transaction, turn: Turn, effect: NoteGap | Rate | DraftGuide | PublishGuide
    ) -> None:
        """Write down `effect`. The files of drafts are there already, see `bot.drafts`."""
        connection = transaction.connection
        match effect:
            case NoteGap(question, nearest):
                await self._note_gap(transaction, turn, question, nearest)
            case Rate(answer, good):
                await self._rate(transaction, turn, answer, good)
            case DraftGuide(number):
                await gaps.set_stage(connection, number, Stage.DRAFTED, drafted_by=turn.conversation.person)
            case PublishGuide(number):
                await gaps.set_stage(connection, number, Stage.PUBLISHED, guide=GUIDE.format(number))

    async def note_answers(self, transaction: Transaction, waiting: Waiting, replies: Sequence[Reply]) -> None:
        """What the answers among the replies rest on, so that they can be rated."""
        cited = [(each.guide, each.section) for reply in replies for each in reply.about]
        if not cited:
            return
        known = {guide.name: guide for guide in self._guides() if guide.name in {name for name, _ in cited}}
        digests = {name: digest(guide) for name, guide in known.items()}
        passages = [ratings.Passage(name, section, digests.get(name, "")) for name, section in dict.fromkeys(cited)]
        id_ = answer_id(waiting.conversation.id, waiting.item.id, waiting.stream)
        await ratings.note_answer(transaction.connection, id_, waiting.item.id, passages, self._day(transaction))

    async def _note_gap(self, transaction: Transaction, turn: Turn, question: str, nearest: str) -> None:
        if not self._guides():
            return  # nothing was missing but the library itself
        ask = await self._ask(transaction, turn, question, nearest)
        await gaps.add(transaction.connection, GapKind.REFUSED, f"item:{turn.item.id}", ask)

    async def _rate(self, transaction: Transaction, turn: Turn, answer: str, good: bool | None) -> None:
        """Count it; a disliked passage is a gap, with the question it was given for."""
        connection = transaction.connection
        found = await ratings.find(connection, answer)
        if found is None:
            return  # older than what is kept, or no answer at all: an AI bot has thumbs below everything it says
        await ratings.rate(connection, found, good, self._day(transaction))
        noted = worth_noting(found.question) and gap_worthy(found.question)
        if good is not False or not found.passages or not noted:
            await gaps.withdraw(connection, answer)
            return
        lead = found.passages[0]
        title = next((guide.title for guide in self._guides() if guide.name == lead.guide), "")
        ask = await self._ask(transaction, turn, found.question, title)
        await gaps.add(connection, GapKind.DISLIKED, answer, ask, guide=lead.guide, digest=lead.digest)

    async def _ask(self, transaction: Transaction, turn: Turn, question: str, nearest: str) -> Ask:
        who = await gaps.member(transaction.connection, turn.conversation.person, transaction.now)
        return Ask(masked(question), who, self._day(transaction), nearest)

    def _day(self, transaction: Transaction) -> date:
        return transaction.now.astimezone(self._zone).date()
