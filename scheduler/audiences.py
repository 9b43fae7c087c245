"""Whom a post is for: groups, tags, topics, layers, stages and lists, as addresses with one per person.

Who opted out or deleted us stays out already here, and so does anybody of whom that is not known. The gate asks again.
"""

import csv
import difflib
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import get_args

from scheduler.layers import LAYER_NAMES, Layer
from scheduler.posts import Reach, WrongRecipient, parse_recipient
from scheduler.stages import Stage, StageNote, read_stage, stage_on

EVERYONE = "everyone"
SELECTORS = ("topic", "layer", "tag", "file", "stage")
_ADDRESSES: tuple[str, ...] = get_args(Reach)
_MEANT_EVERYONE = ("all", "@all", "*", "所有人", "全部", "全体", "全员", "每个人")
_PREGNANCY = ("孕期", "怀孕", "孕妇", "准妈妈")
_EXAMPLE = '例如：include = ["layer:regular", "topic:parenting"]'
_RANK = {"app": 0, "customer": 1, "aibot": 2}  # which of one person's addresses is taken
_HEADS = ("address", "external_userid", "userid", "地址", "账号", "客户id", "id")  # of the column that is read


class WrongAudience(ValueError):
    """An audience cannot be read, or is nobody now. The message is Chinese, and says what to write instead."""


@dataclass(frozen=True, slots=True)
class Audience:
    """One `[[audiences]]` entry: whom `include` selects and `exclude` does not. Read by `Audience.parse`."""

    name: str
    include: tuple[str, ...]
    exclude: tuple[str, ...] = ()

    @staticmethod
    def parse(setting: Mapping[str, object]) -> "Audience":
        """Read the keys name, include, exclude and confirm_everyone.

        Raises WrongAudience: unknown selectors, nobody, and `everyone` without `confirm_everyone = true`.
        """
        name = str(setting.get("name") or "").strip()
        if not name:
            raise WrongAudience(f"受众没有名字。例如：name = “老会员”，{_EXAMPLE}")
        include, exclude = (_selectors(name, setting.get(key, ()), key) for key in ("include", "exclude"))
        if not include:
            raise WrongAudience(f"受众“{name}”没有写 include，就没有人。{_EXAMPLE}")
        if EVERYONE in exclude:
            raise WrongAudience(f"受众“{name}”的 exclude 里写了 everyone，就没有人了，请删掉。")
        if EVERYONE in include and setting.get("confirm_everyone") is not True:
            sure = "确定要这样，请再写一行 confirm_everyone = true；不然请缩小范围。"
            raise WrongAudience(f"受众“{name}”是所有会员。{sure}{_EXAMPLE}")
        return Audience(name, include, exclude)

    @property
    def files(self) -> tuple[str, ...]:
        """The CSV paths that it names, as written."""
        parts = (each.partition(":") for each in (*self.include, *self.exclude))
        return tuple(dict.fromkeys(value for kind, _, value in parts if kind == "file"))


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """One member, as far as choosing goes.

    `subject` is theirs for the caps, `addresses` are all person addresses under which they can be reached now.
    `topics` were asked about or chosen by them, without those they do not want. `tags` are (userid of the colleague,
    tag_id) pairs: a mark belongs to the two (doc 92118). `opted_out`: of posts. `deleted`: they removed one of our
    colleagues and did not come back. None is not known, and keeps them out.
    """

    subject: str
    addresses: tuple[str, ...]
    topics: frozenset[str] = frozenset()
    layer: str = ""
    tags: frozenset[tuple[str, str]] = frozenset()
    stage: StageNote | None = None
    opted_out: bool | None = None
    deleted: bool | None = None

    @property
    def welcome(self) -> bool:
        """Whether anything unasked may be meant for them at all."""
        return self.opted_out is False and self.deleted is False


def resolve(
    audience: Audience, members: Iterable[MemberFacts], today: date, lists: Mapping[str, Sequence[str]] | None = None
) -> tuple[str, ...]:
    """The addresses of an audience on the local day `today`, each person and group once, sorted.

    `members` is gone through once. `lists` holds what `read_list` made of each of `Audience.files`. Of a member's
    addresses the app comes before a customer's (there the colleague who set the tag) and an AI bot's single chat last;
    an address written out is used where only it selects them. Addresses of people who are no members pass, for the
    gate to judge. Raises WrongAudience when nobody is left, or a list is missing.
    """
    wanted = _Side.of(audience.name, audience.include, today, lists or {}, sure=True)
    unwanted = _Side.of(audience.name, audience.exclude, today, lists or {}, sure=False)
    chosen: dict[str, str] = {}
    barred: set[str] = set()
    known: set[str] = set()  # subjects written out that belong to a member, whether chosen or not
    for member in members:
        subjects = wanted.naming(member)
        known |= subjects
        selected = any(select(member) for select in wanted.selects)
        if not member.welcome or unwanted.takes(member):
            barred.add(member.subject)  # also where the same person is told of twice
        elif selected or subjects:
            chosen.update((member.subject, address) for address in wanted.best(member, () if selected else subjects))
    strangers = wanted.written.keys() - known - unwanted.written.keys()
    chosen.update((subject, wanted.written[subject]) for subject in strangers)
    addresses = {address for subject, address in chosen.items() if address and subject not in barred}
    if not addresses:
        why = "条件没有选中任何会员，或选中的都已退订、删除了我们。"
        raise WrongAudience(f"受众“{audience.name}”现在没有人：{why}请检查 include 和 exclude。")
    return tuple(sorted(addresses))


def address_of(member: MemberFacts) -> str:
    """The one address under which a member who has some is written to: the app, then a colleague, then an AI bot."""
    return min(member.addresses, key=_order)


def read_list(text: str, path: str) -> tuple[str, ...]:
    """The addresses or bare ids in a CSV: of the column with a known head, else the first. Raises WrongAudience."""
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    except csv.Error as error:
        raise WrongAudience(f"名单“{path}”不是能读的 CSV 文件，请另存为 UTF-8 的 .csv。") from error
    heads = [cell.strip().casefold() for cell in rows[0]] if rows else []
    column = next((heads.index(head) for head in _HEADS if head in heads), None)
    found = []
    for number, row in enumerate(rows, 1):
        entry = row[column or 0].strip() if len(row) > (column or 0) else ""
        if not entry or (column is not None and number == 1):
            continue
        try:
            found.append(parse_recipient(entry).address if ":" in entry or "：" in entry else entry)
        except WrongRecipient as error:
            raise WrongAudience(f"名单“{path}”第 {number} 行：{error}") from error
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Side:
    """`include` or `exclude`, ready to be asked about one member after another.

    `written` are the subjects that are named by address or id, with the best address ("" for a bare id); `senders` the
    colleagues whose tags are asked for.
    """

    selects: tuple[Callable[[MemberFacts], bool], ...]
    written: Mapping[str, str]
    senders: frozenset[str]

    @staticmethod
    def of(
        name: str, selectors: Sequence[str], today: date, lists: Mapping[str, Sequence[str]], *, sure: bool
    ) -> "_Side":
        """`sure`: a member whose stage is not certain is not meant; otherwise they are."""
        selects, written, senders = [], dict[str, str](), set()
        for each in selectors:
            kind, _, value = each.partition(":")
            if kind == "file" and value not in lists:
                raise WrongAudience(f"受众“{name}”的名单“{value}”读不到，请检查路径。")
            if each == EVERYONE or kind in ("topic", "layer", "tag", "stage"):
                selects.append(_selects(kind, value, today, sure=sure))
            for entry in lists[value] if kind == "file" else [each] if kind in _ADDRESSES else []:
                subject, address = _written(entry)
                written[subject] = min(filter(None, (written.get(subject), address)), key=_order, default="")
            if kind == "tag":
                senders.add(value.partition(":")[0].casefold())
        return _Side(tuple(selects), written, frozenset(senders))

    def naming(self, member: MemberFacts) -> set[str]:
        """The subjects written here that are this member."""
        if not self.written:
            return set()
        ids = (address.rpartition(":")[2].lower() for address in member.addresses)
        return {member.subject, *(f"person:{each}" for each in ids)} & self.written.keys()

    def takes(self, member: MemberFacts) -> bool:
        return bool(self.naming(member)) or any(select(member) for select in self.selects)

    def best(self, member: MemberFacts, subjects: Iterable[str]) -> list[str]:
        """The one address for a member: among those written for `subjects` where there are any, else among all."""
        offered = [address for subject in subjects if (address := self.written[subject])] or member.addresses
        personal = [address for address in offered if address.partition(":")[0] in _RANK]
        return personal if len(personal) < 2 else [min(personal, key=lambda address: _order(address, self.senders))]


def _written(entry: str) -> tuple[str, str]:
    """Subject and address of an entry of a list, "" for a bare id."""
    if ":" not in entry:
        return f"person:{entry.lower()}", ""
    recipient = parse_recipient(entry)
    return recipient.subject, recipient.address


def _order(address: str, senders: Collection[str] = ()) -> tuple[int, bool, str]:
    """Best first: by channel, then through a colleague who set a tag that is asked for."""
    channel, _, rest = address.partition(":")
    return _RANK.get(channel, len(_RANK)), rest.partition(":")[0].casefold() not in senders, address


def _selects(kind: str, value: str, today: date, *, sure: bool) -> Callable[[MemberFacts], bool]:
    if kind == "topic":
        return lambda member: value in member.topics
    if kind == "layer":
        return lambda member: member.layer == value
    if kind == "tag":
        sender, _, tag = value.partition(":")
        return lambda member: any(one.casefold() == sender.casefold() and other == tag for one, other in member.tags)
    if kind == "stage":
        wanted = _stage(value)
        return lambda member: member.stage is not None and _in_stage(member.stage, wanted, today, sure=sure)
    return lambda _: True  # everyone


def _in_stage(note: StageNote, wanted: Stage | None, today: date, *, sure: bool) -> bool:
    """By the age that is surely reached; to be left out it is enough that the stage cannot be ruled out."""
    now = stage_on(note, today)
    if now is None or wanted is None:
        return not sure
    return now.unit == wanted.unit and wanted.low <= now.low < wanted.high if sure else now.overlaps(wanted)


def _stage(text: str) -> Stage | None:
    return Stage("weeks", 0, 43) if text in _PREGNANCY else read_stage(text)


def _selectors(name: str, written: object, key: str) -> tuple[str, ...]:
    if isinstance(written, str) or not isinstance(written, Iterable):
        raise WrongAudience(f"受众“{name}”的 {key} 要写成列表，用方括号括起来。{_EXAMPLE}")
    try:
        return tuple(dict.fromkeys(_selector(str(each).strip()) for each in written))
    except (WrongAudience, WrongRecipient) as error:
        raise WrongAudience(f"受众“{name}”的 {key}：{error}") from error


def _selector(written: str) -> str:
    """The selector in its one spelling. Raises WrongAudience or WrongRecipient, with what may have been meant."""
    if written.casefold() == EVERYONE:
        return EVERYONE
    if written.casefold() in _MEANT_EVERYONE:
        raise WrongAudience(f"“{written}”请写成 everyone，并再写一行 confirm_everyone = true。")
    kind, *parts = (part.strip() for part in written.replace("：", ":").split(":"))
    if kind in _ADDRESSES and parts:
        return parse_recipient(written).address
    if kind not in SELECTORS or not parts:
        known = (*SELECTORS, *_ADDRESSES, EVERYONE)
        raise WrongAudience(f"不认识“{written}”。{_meant(kind.casefold(), known)}可写 {'、'.join(known)}。{_EXAMPLE}")
    if kind == "file":
        parts = [written.replace("：", ":", 1).partition(":")[2].strip()]  # a path may have colons of its own
    if not all(parts) or len(parts) != (2 if kind == "tag" else 1):
        shape = "tag:<同事userid>:<tag_id>" if kind == "tag" else f"{kind}:<内容>"
        raise WrongAudience(f"“{written}”格式不对：应为 {shape}。{_EXAMPLE}")
    if kind == "layer":
        parts = [_layer(parts[0])]
    if kind == "stage" and _stage(parts[0]) is None:
        raise WrongAudience(f"“{written}”看不懂。例如：stage:6个月、stage:6-12个月 或 stage:孕期。")
    return ":".join((kind, *parts))


def _layer(word: str) -> str:
    names = {each.value: each.value for each in Layer} | {said: layer.value for layer, said in LAYER_NAMES.items()}
    if word.casefold() not in names:
        known = [f"{said}（{layer}）" for layer, said in LAYER_NAMES.items()]
        raise WrongAudience(
            f"没有“{word}”这一层。{_meant(word.casefold(), names)}可写 {'、'.join(known)}。例如：layer:regular"
        )
    return names[word.casefold()]


def _meant(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f"是不是想写 {near[0]}？" if near else ""
