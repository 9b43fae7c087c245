"""What a member decides about what we send and keep, in their own words: carried out at once, and said back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from handlers import rights_texts as words
from handlers import texts
from handlers.asked_rights import KEPT_WHY, TOPIC_NAMES, Asked, Right, asked_in, bothered
from handlers.effect_types import AskColleague, Effect, Forget, OptIn, OptOut, Prefer
from handlers.meant_rights import meant_in, words_for
from handlers.plain import clauses
from handlers.preferences import Preferences, Purpose
from handlers.rights_texts import local
from handlers.small_talk import small_talk
from handlers.turn import Kind, Office, Outcome, Reply, Turn
from handlers.wishes import wish_in

HANDLER = "rights"
DELETE_ASKED = "delete_asked"  # the handler that showed what a deletion takes: a confirmation refers to it
CONFIRM_WITHIN = timedelta(minutes=words.CONFIRM_MINUTES)
DELETE_KEPT = "delete_kept"  # the handler that heard that nothing is to be deleted after all
EXPORT, FORGET = "export", "forget"  # what `AskColleague` asks for
_LEAST = 4  # characters of a free wording
_SHORT = 20  # characters of a question about what was just shown
_DENIALS = (
    "不退订",
    "我不想退订",
    "不是",
    "我没",
    "没说",
    "别退订",
    "不要退订",
    "不想退订",
    "我不要退订",
    "不删",
    "别删",
)
_ABOUT_TOPICS = (Right.ONLY, Right.NEVER)
_PERSONAL = (Right.SETTINGS, Right.DATA, Right.EXPORT, Right.DELETE, Right.CONFIRM, Right.WHY, Right.KNOWN)

_TOLD = (Right.SETTINGS, Right.DATA, Right.KNOWN, Right.WHY, Right.EXPORT, Right.HOURS, Right.KEEPING)


async def rights(turn: Turn, office: Office) -> Outcome | None:
    """Carries out what the text asks for; None where it asks for nothing of this kind."""
    asked = await asked_of(turn, office)
    if asked is None:
        return _asked_back(turn)
    if turn.conversation.chat and asked.right in _PERSONAL:
        return _said(await _in_group(turn, office, asked.right))
    match asked.right:
        case right if right in _TOLD:
            return await _shown(turn, office, right)
        case Right.DELETE:
            kept = await office.records.kept(turn.conversation.person)
            return replace(_said(words.preview(kept)), handler=DELETE_ASKED)
        case Right.CONFIRM:
            return await _confirmed(turn, office)
        case _:
            return await _decided(turn, office, asked)


async def kept_silently(turn: Turn, office: Office) -> tuple[Effect, ...]:
    """What counts while a colleague serves the person, though nothing is said.

    Who wants their data deleted is told so by the colleague, who hears of it; the confirmation is theirs alone.
    """
    asked = await asked_of(turn, office)
    if asked is None or (turn.conversation.chat and asked.right in _PERSONAL):
        return ()
    match asked.right:
        case Right.DELETE:
            return (AskColleague(FORGET),)
        case Right.CONFIRM:
            return (Forget(turn.conversation.person),) if await asked_to_delete(turn, office) else ()
        case Right.EXPORT:
            return (AskColleague(EXPORT),)
        case right if right in _TOLD:
            return ()
        case _:
            return (await _decided(turn, office, asked)).effects


async def asked_of(turn: Turn, office: Office) -> Asked | None:
    """What the text asks for. A wish to stop, to go on or for a person comes first, unless it names a topic."""
    if turn.item.kind is not Kind.TEXT:
        return None
    now = local(turn.now, office.zone)
    asked = asked_in(turn.item.text, now, await _topics(office)) or _asked_of_the_list(turn)
    wish = wish_in(turn.item.text)
    if asked is not None and not await _idle(asked, turn, office):
        return None if wish and asked.right not in _ABOUT_TOPICS else asked
    return None if wish or _small(turn.item.text) else meant_in(turn.item.text, now)


async def _idle(asked: Asked, turn: Turn, office: Office) -> bool:
    """Whether a topic is wanted back where none is missing: then the words are about something else."""
    if asked.right is not Right.ALSO:
        return False
    chosen = await office.records.preferences(turn.conversation.person)
    return not (chosen.only or chosen.never)


def _asked_of_the_list(turn: Turn) -> Asked | None:
    """存多久 after the list of what is kept; anywhere else it is about food."""
    bare, shown = "".join(clauses(turn.item.text)), last_said(turn)
    about = shown.startswith((words.DATA_SHOWN, words.KNOWN_FROM, words.PREVIEW))
    return Asked(Right.KEEPING) if about and len(bare) <= _SHORT and KEPT_WHY.fullmatch(bare) else None


def last_said(turn: Turn) -> str:
    """What we said last, where nothing was said since."""
    last = turn.history[-1] if turn.history else None
    return last.text if last is not None and last.sender == "bot" else ""


def _small(text: str) -> bool:
    """Denials and single words say too little to act on."""
    bare = "".join(clauses(text))
    return len(bare) < _LEAST or bare.startswith(_DENIALS) or small_talk(text) is not None


def _asked_back(turn: Turn) -> Outcome | None:
    """What is only likely is asked back, with the plain words for it."""
    text = turn.item.text
    if turn.item.kind is not Kind.TEXT or wish_in(text) or _small(text) or not (plain := words_for(text)):
        return None
    return _said(words.asked_back(plain))


async def _topics(office: Office) -> Mapping[str, str]:
    """The topics of the library by their own names, beside the four that every member knows."""
    found = {guide.topic.strip() for guide in await office.guides()}
    return {topic.casefold(): topic for topic in found if len(topic) > 1 and topic not in TOPIC_NAMES}


def _said(text: str, *effects: Effect) -> Outcome:
    return Outcome(HANDLER, replies=(Reply(text),), effects=effects)


async def _in_group(turn: Turn, office: Office, right: Right) -> str:
    """Nothing of one person. Why a post came into the group, everybody there may hear."""
    if right is not Right.WHY:
        return words.IN_GROUP
    post = await office.records.last_group_post(turn.conversation.chat)
    told = words.why(post, office.zone, here=True) if post else words.GROUP_POSTS
    return f"{words.SORRY_TO_BOTHER}{told}" if bothered(turn.item.text) else told


def _explained(office: Office, right: Right) -> str:
    quiet = office.posting.rules.quiet
    if right is Right.HOURS:
        return words.hours(str(quiet) if quiet.start != quiet.end else "")
    return words.keeping(office.records.retention_days)


async def _shown(turn: Turn, office: Office, right: Right) -> Outcome:
    person, records = turn.conversation.person, office.records
    match right:
        case Right.SETTINGS:
            return _said(words.settings(await records.preferences(person), office.zone, turn.now))
        case Right.WHY:
            stopped = Purpose.POSTS in (await records.preferences(person)).off
            told = words.why(
                await records.last_post(person), office.zone, stopped=stopped, coming=await records.open_post(person)
            )
            return _said(f"{words.SORRY_TO_BOTHER}{told}" if bothered(turn.item.text) else told)
        case Right.KNOWN:
            return _said(words.known(await records.kept(person), await records.profile(person)))
        case Right.HOURS | Right.KEEPING:
            return _said(_explained(office, right))
        case Right.EXPORT:
            return _exported(await records.export(person), office)
        case _:
            return _said(words.data(await records.kept(person), await records.profile(person)))


def _exported(text: str, office: Office) -> Outcome:
    if len(text.encode()) <= words.CHAT_BYTES:
        return _said(text)
    if not office.colleagues_hear:
        return _said(words.NOBODY_CAN)
    return _said(words.FILE_COMES, AskColleague(EXPORT))


async def _confirmed(turn: Turn, office: Office) -> Outcome:
    if not await asked_to_delete(turn, office):
        return _said(words.NOT_ASKED)
    return _said(words.FORGOTTEN, Forget(turn.conversation.person))


async def asked_to_delete(turn: Turn, office: Office) -> bool:
    """Whether a deletion may be confirmed now: it was shown just before and not called off since."""
    here, since = turn.conversation.id, turn.now - CONFIRM_WITHIN
    asked = await office.records.last_handled(here, DELETE_ASKED, since)
    return asked > await office.records.last_handled(here, DELETE_KEPT, since)


async def _decided(turn: Turn, office: Office, asked: Asked) -> Outcome:
    """A decision about what we send or use. Who gets nothing anyway is told so, with what was noted for later."""
    now = await office.records.preferences(turn.conversation.person)
    stopped = Purpose.POSTS in now.off
    match asked:
        case Asked(Right.SWITCH, purpose=Purpose.POSTS):
            back = words.opted_in(now, office.zone, turn.now)
            return _said(back, OptIn()) if asked.on else _said(texts.OPTED_OUT, OptOut())
        case Asked(Right.SWITCH, purpose=purpose, on=on) if purpose is not None:
            changed = replace(now, off=now.off - {purpose} if on else now.off | {purpose})
            text = words.switched(purpose, on=on)
        case Asked(Right.UNMUTE):
            changed, text = replace(now, muted_until=None), words.unmuted(stopped=stopped)
        case Asked(Right.MUTE) if stopped:
            return _said(words.MUTE_IN_VAIN)
        case Asked(Right.MUTE, until=until) if until is not None:
            changed, text = replace(now, muted_until=until), words.muted(until, office.zone)
        case Asked(Right.LESS):
            changed = replace(now, every_days=_days(now, asked))
            text = words.less(changed.every_days, stopped=stopped)
        case Asked(Right.ALSO, topics=topics):
            changed = _also(now, topics)
            text = words.widened(changed, stopped=stopped)
        case _ if not asked.topics:
            return _said(words.WHICH_TOPICS)
        case _:
            changed = _of_topics(now, asked)
            text = words.topics(changed, stopped=stopped)
    return _said(text, Prefer(changed))


def _days(now: Preferences, asked: Asked) -> int:
    """A rate that is wished for is kept. What is too much becomes half as often, and never more often than it was."""
    if asked.days and not asked.too_often:
        return asked.days
    return max(words.LESS_DAYS, 2 * asked.days, now.every_days)


def _also(now: Preferences, topics: frozenset[str]) -> Preferences:
    """`topics` beside what they see now; none are all. Who named what they want to see keeps that choice, widened."""
    if not topics:
        return replace(now, only=frozenset(), never=frozenset())
    return replace(now, only=now.only | topics if now.only else now.only, never=now.never - topics)


def _of_topics(now: Preferences, asked: Asked) -> Preferences:
    """只看 replaces what was chosen before; 不要 takes away from what is left."""
    if asked.right is Right.ONLY:
        return replace(now, only=asked.topics, never=now.never - asked.topics)
    # Where nothing is left of what they wanted to see, nothing is sent: that is not a wish for the rest.
    left = now.only - asked.topics or now.only
    return replace(now, only=left, never=now.never | asked.topics)
