"""The reckoning: what WeCom's stand-in saw go out and come in, held against the store.

Nothing here asks the bot. What people read is the stand-in's transcript, the caps are counted from what reached people,
and only the reasons (dropped, dead, lost) are the store's.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from bench.site.books import ARRIVED, Books, Item, Sent
from bench.site.load import Load, Talk
from bench.site.words import ASKED, MARK
from bench.site.world import GROUP_PER_DAY, PERSON_PER_DAY
from bot.part import Klass
from bot.sandbox.run import OPERATOR
from bot.sandbox.standin import StandIn
from bot.sandbox.wire import Spoken
from scheduler.posts import Scope, subject_of

SHOWN = 5  # examples of each fault
PERSON = ("mood", "hold", "call")  # handlers after which a colleague answers


@dataclass
class Reckoning:
    """`counts` inform, in order; `wrong` are the promises that were not kept, with the first examples of each."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def note(self, name: str, many: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + many

    def fault(self, name: str, example: str) -> None:
        self.wrong.setdefault(name, []).append(example)

    @property
    def good(self) -> bool:
        return not self.wrong

    def __str__(self) -> str:
        rows = [f"  {name:<44}{many:>9,}" for name, many in self.counts.items()]
        for name in PROMISES:
            rows.append(f"  {name:<44}{len(self.wrong.get(name, ())):>9,}")
            rows += [f"      {example}" for example in self.wrong.get(name, ())[:SHOWN]]
        return "\n".join(rows)


LOST, DOUBLED, DISORDER = "acked and lost", "answered twice", "out of order"
UNDONE, UNTOLD, UNKNOWN = "not done in time", "dead without a word to operators", "sent by nobody"
CAPS, HELD = "caps broken", "sent to held people"
PROMISES = (LOST, DOUBLED, DISORDER, UNDONE, UNTOLD, UNKNOWN, CAPS, HELD)


@dataclass(frozen=True, slots=True)
class Post:
    """Something unasked that reached somebody; `by_group` as a member of a group that it was sent to."""

    subject: str
    at: datetime
    by_group: bool = False


@dataclass(frozen=True)
class Auditor:
    """Holds the load, the stand-in and the books against each other."""

    load: Load
    standin: StandIn
    books: Books
    zone: str

    def reckon(self) -> Reckoning:
        found = Reckoning()
        answers = self.books.answers()
        for talk in self.load.talks:
            self._talk(found, talk, answers)
        self._parts(found)
        self._caps(found)
        return found

    # ---- messages and answers

    def _talk(self, found: Reckoning, talk: Talk, answers: Mapping[int, list[Sent]]) -> None:
        items = [(asked, self.books.items.get((talk.channel, asked.key))) for asked in talk.asked]
        found.note("asked", len(items))
        found.note("acked (or left to be fetched)", sum(asked.acked for asked, _ in items))
        for asked, item in items:
            if item is None and asked.acked:
                found.fault(LOST, f"{talk.channel}:{talk.who} {asked.key}")
        stored = [item for _, item in items if item is not None]
        if not talk.swapped and not _rising(stored):
            found.fault(DISORDER, f"stored: {talk.channel}:{talk.who}")
        handed = talk.held or any(item.handler in PERSON for item in stored)
        stored.sort(key=_by_id)
        wanted = [mark for item in stored for mark in self._wanted(found, item, answers, held=talk.held, handed=handed)]
        if not talk.held:
            said = [mark for line in self.load.lines(talk) for mark in _marks(line)]
            found.note("answers that people read", len(said))
            _compare(found, f"{talk.channel}:{talk.who}", wanted, said)

    def _wanted(
        self, found: Reckoning, item: Item, answers: Mapping[int, list[Sent]], *, held: bool, handed: bool
    ) -> Iterator[tuple[str, bool]]:
        """The mark of the answer that people must have read, and whether it may also be missing."""
        parts = answers.get(item.id, [])
        if item.state == "new" or any(part.state in ("ready", "sending") for part in parts):
            if not held:
                found.fault(UNDONE, f"{item.conversation} item {item.id} {item.state} {[p.reason for p in parts]}")
            return
        if held:
            found.note("of people who got angry")
        elif item.handler in PERSON:
            found.note("handed to a person")
        elif item.state == "dead":
            found.note("dead-lettered items")
        elif not parts:
            found.fault(LOST, f"handled by {item.handler!r} without an answer: {item.conversation} item {item.id}")
        elif all(part.state in ARRIVED for part in parts):
            found.note("answered")
            yield ASKED.get(item.text, ""), True
        else:
            for state in sorted({f"{part.state}: {part.reason}" for part in parts if part.state not in ARRIVED}):
                found.note(f"ended as {state}")
                if state.startswith("dropped") and not handed:
                    found.fault(LOST, f"{state}: {item.conversation} item {item.id}")
            # What was given up may have been carried out: nobody knows.
            yield ASKED.get(item.text, ""), False

    def _parts(self, found: Reckoning) -> None:
        """What left is ours, once; what will never leave was told."""
        by_id = {part.id: part for part in self.books.parts}
        for session in self.standin.kf.sessions():
            out = [line for line in session.chat if line.who == "bot"]
            for msgid, many in Counter(line.msgid for line in out).items():
                if many > 1:
                    found.fault(DOUBLED, f"kf msgid {msgid}")
                if msgid not in by_id:
                    found.fault(UNKNOWN, f"kf msgid {msgid}")
            order = [by_id[line.msgid].item for line in out if line.msgid in by_id and by_id[line.msgid].item]
            if order != sorted(order):
                found.fault(DISORDER, f"sent: kf:{session.customer} {order}")
        given_up = {part.state for part in self.books.parts if part.state in ("dead", "lost") and _matters(part)}
        told = any(_alarming(line) for line in self.standin.people.chat(OPERATOR))
        if given_up and not told:
            found.fault(UNTOLD, f"{sorted(given_up)}")
        found.note("parts dead or lost, told to operators", sum(_ended_badly(part) for part in self.books.parts))

    # ---- what nobody asked for

    def _caps(self, found: Reckoning) -> None:
        place = ZoneInfo(self.zone)
        reached: dict[str, list[Post]] = defaultdict(list)
        for post in self._unasked():
            reached[post.subject].append(post)
        found.note("posts that people or groups got", sum(map(len, reached.values())))
        found.note("people on hold", len(self.books.holds))
        for subject, posts in reached.items():
            cap = PERSON_PER_DAY if subject.startswith("person:") else GROUP_PER_DAY
            days = Counter(post.at.astimezone(place).date() for post in posts)
            if any(many > cap for many in days.values()):
                found.fault(CAPS, f"{subject} {dict(days)}")
            if any(not 9 <= post.at.astimezone(place).hour < 21 for post in posts):
                found.fault(CAPS, f"{subject} in quiet hours")
        for subject, since in self.books.holds:
            # A group's post cannot leave one member out (docs/gate.md).
            if any(post.at > since and not post.by_group for post in reached.get(subject, ())):
                found.fault(HELD, subject)

    def _unasked(self) -> Iterator[Post]:
        """Whom every post reached and when, as the stand-in saw it. A group's post reaches each of its members."""
        for employee in self.standin.world.employees:
            for line in self.standin.people.chat(employee.userid):
                if line.who == "bot" and line.msgtype == "markdown":
                    yield Post(subject_of("person", employee.userid), line.at)
        for robot, lines in self.standin.robots.messages.items():
            yield from (Post(subject_of("group", f"robot:{robot}"), line.at) for line in lines)
        for task in self.standin.mass_tasks():
            scope: Scope = "person" if task.chat_type == "single" else "group"
            for target in (target for share in task.shares.values() for target in share.status):
                yield Post(subject_of(scope, target), task.made_at)
                group = self.standin.world.group(target) if scope == "group" else None
                members = group.members if group else ()
                yield from (Post(subject_of("person", each), task.made_at, by_group=True) for each in members)


def _compare(found: Reckoning, who: str, wanted: Sequence[tuple[str, bool]], said: Sequence[str]) -> None:
    """The answers that were read are those that were to be read, in order; one that may be missing is passed over."""
    place = 0
    for mark, certain in wanted:
        if place < len(said) and said[place] == mark:
            place += 1
        elif certain:
            break
    else:
        if place == len(said):
            return
    due, got = Counter(mark for mark, _ in wanted), Counter(said)
    sure = Counter(mark for mark, certain in wanted if certain)
    about = f"{who}: wanted {[mark for mark, _ in wanted]}, read {list(said)}"
    if got - due:
        found.fault(DOUBLED, about)
    if sure - got:
        found.fault(LOST, about)
    if not got - due and not sure - got:
        found.fault(DISORDER, about)


def _marks(line: Spoken) -> list[str]:
    return MARK.findall(line.text) if line.who == "bot" else []


def _rising(items: Iterable[Item]) -> bool:
    return all(one.id < other.id for one, other in pairwise(items))


def _by_id(item: Item) -> int:
    return item.id


def _ended_badly(part: Sent) -> bool:
    return part.state in ("dead", "lost")


def _matters(part: Sent) -> bool:
    """Notices themselves are told to nobody."""
    return part.klass != Klass.NOTICE


def _alarming(line: Spoken) -> bool:
    return line.who == "bot" and ("没能送达" in line.text or "没有收到回执" in line.text or "没能处理" in line.text)
