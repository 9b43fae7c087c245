"""The labelled rows: what was written, what is right, and how the row was meant."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from knowledge.danger.plain import plain
from knowledge.language.terms import canonical
from knowledge.types import Line

ROOT = Path(__file__).parents[2]
LABELLED = ROOT / "bench" / "labelled"
TESTS = ROOT / "tests" / "evaluation"
# The sign in knowledge/danger/advice.py whose advice fits a kind of the labelled rows.
SIGN_OF_KIND = {
    "fever_under_3_months": "newborn_fever",
    "seizure": "convulsion",
    "battery_magnet": "battery",
    "choking": "choking",
    "breathing": "breathing",
    "unconscious": "unconscious",
    "poisoning": "poison",
    "head_injury": "head_injury",
    "dehydration": "dehydration",
    "allergy": "allergy",
    "burn": "burn",
    "bleeding": "bleeding",
    "electric": "electric",
    "drowning": "drowning",
    "sharp": "foreign_body",
    "sharp/swallowed objects": "foreign_body",
    "fever_other": "high_fever",
    "belly": "belly",
    "newborn": "newborn_ill",
    "self_harm": "self_harm",
    "violence": "violence",
    "pregnancy": "pregnancy",
    "animal_bite": "bite",
    "adult": "stroke",
}
# A kind that holds two dangers with different first steps: what tells the second one.
_ANOTHER = {
    "poisoning": ("gas", re.compile("煤气|燃气|天然气|一氧化碳|炭|煤炉|热水器|瓦斯")),
    "self_harm": (
        "harm_child",
        re.compile("(?:掐|捂|摔|扔|弄|打|摇|晃).{0,4}(?:他|她|宝|娃|孩|死)|伤害.{0,3}(?:他|她|宝|娃|孩)"),
    ),
}
_SENDERS = {"c": "customer", "b": "bot", "s": "staff", "m": "member"}


@dataclass(frozen=True, slots=True)
class Row:
    """`right`: the right label of each group of labels. `kind`: what makes the row hard, "" where none is given."""

    text: str
    right: Mapping[str, str]
    kind: str = ""
    history: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One classifier: its name, the labels of each group (one alone: yes or no), and how it reads a text."""

    name: str
    labels: Mapping[str, tuple[str, ...]]
    row: Callable[[Sequence[str]], Row]
    spell: Callable[[str], str] = canonical
    beside: Callable[[], list["Row"]] = list  # rows that are learnt from and never judged by
    block: int = 10  # neighbouring rows that stay together in cross-validation: pairs and twins are neighbours

    @property
    def training(self) -> Path:
        return LABELLED / f"{self.name}.tsv"

    @property
    def test(self) -> Path:
        return TESTS / f"{self.name}_test.tsv"

    def rows(self, path: Path) -> list[Row]:
        """The rows of a file. Raises ValueError or KeyError for one that is no row of this task."""
        lines = path.read_text(encoding="utf-8").split("\n")
        return [self.row(line.split("\t")) for line in lines if line.strip()]

    def unseen(self) -> list[Row]:
        """The rows of the test half that no training row repeats word for word."""
        learnt = {(row.text, row.history) for row in self.rows(self.training)}
        return [row for row in self.rows(self.test) if (row.text, row.history) not in learnt]


def digest(task: Task) -> str:
    """Names the training data, with what is learnt beside it: the weights keep it, and a test compares."""
    beside = "".join(map(repr, task.beside()))
    return hashlib.sha256(task.training.read_bytes() + beside.encode()).hexdigest()


def _written(text: str) -> str:
    return text.replace("\\n", "\n")


def _mood(fields: Sequence[str]) -> Row:
    mood, escalate, kind, text, *history = fields
    lines = [Line(_SENDERS[one[0]], _written(one[2:])) for one in history if one]  # type: ignore[arg-type]
    right = {"mood": mood, "escalate": "escalate" if escalate == "E" else ""}
    return Row(_written(text), right, kind, tuple(lines))


def _intent(fields: Sequence[str]) -> Row:
    if len(fields) == 3:  # the test half marks the plain wordings
        intent, text, kind = fields
    else:
        (intent, text), kind = fields, ""
    return Row(_written(text), {"intent": intent}, kind)


def _danger(fields: Sequence[str]) -> Row:
    label, kind, text = fields
    right = {"danger": "danger" if label == "D" else ""}
    if label == "D":
        other, told = _ANOTHER.get(kind, ("", None))
        right["sign"] = other if told and told.search(text) else SIGN_OF_KIND[kind]
    return Row(_written(text), right, kind)


def _danger_tables() -> list[Row]:
    """What the danger patterns were written against: dangers with their sign, and ordinary questions."""
    tables = ROOT / "tests" / "knowledge"
    said = [line.split("\t") for line in _lines(tables / "danger_said.txt")]
    known = DANGER.labels["sign"]
    dangers = [Row(text, {"danger": "danger"} | ({"sign": sign} if sign in known else {})) for sign, text in said]
    ordinary = [*_lines(tables / "danger_not_said.txt"), *_headings()]
    return dangers + [Row(text, {"danger": ""}) for text in ordinary]


BRIEF = 10  # characters of a question that is no complaint

_IRRITATED = re.compile(
    "烦|骚扰|垃圾|滚|投诉|举报|神经|有病|疯|恶心|讨厌|够了|没完|什么玩意|气|妈的|靠|傻|曝光|避雷|差评|过分|无语|没用|到底|凭什么|[!！?？]{2}|tm|😡|🙄|😤"
)


def _wishes_and_worries() -> list[Row]:
    """Wishes, small talk and worries say nothing about a mood where nothing in them is irritated.

    Nor would questions to a shop, but some of the longer ones are quiet complaints, and their mood is not labelled.
    """
    every = [row for row in INTENT.rows(INTENT.training) if not _IRRITATED.search(row.text)]
    intents = [row for row in every if row.right["intent"] != "question" or len(row.text) <= BRIEF]
    calm = [Row(row.text, {"escalate": "", "mood": _MOOD_OF.get(row.right["intent"], "calm")}) for row in intents]
    dangers = [row.text for row in DANGER.rows(DANGER.training) if not _IRRITATED.search(row.text)]
    worried = [Row(text, {"escalate": "", "mood": "anxious"}) for text in dangers if "你们" not in text]
    told = calm + worried + [Row(text, {"escalate": "", "mood": "calm"}) for text in _headings()]
    return [*told, *_asked(), *_after_talk(told[::3], told), *_after_talk(_upset()[::4], told)]


def _asked() -> Iterator[Row]:
    """What was asked of the guides, first or on: 那布料呢 is no 那配件呢."""
    for path in sorted(LABELLED.glob("questions_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            asked = json.loads(line)
            before = tuple(Line(one["from"], one["text"]) for one in asked["history"])
            if not _IRRITATED.search(asked["question"]):
                yield Row(asked["question"], {"escalate": "", "mood": "calm"}, history=before)


def _upset() -> list[Row]:
    return [row for row in MOOD.rows(MOOD.training) if row.right["escalate"] and not row.history]


def _after_talk(rows: Sequence[Row], questions: Sequence[Row]) -> list[Row]:
    """The same rows after one to four ordinary exchanges: having talked says nothing about a mood, nor does a refusal.

    In every third one the writer had asked the same before.
    """
    return [replace(row, history=tuple(_talk(row, at, questions))) for at, row in enumerate(rows)]


def _talk(row: Row, at: int, questions: Sequence[Row]) -> Iterator[Line]:
    for turn in range(1 + at % 4):
        again = turn == 0 and at % 3 == 0 and not row.right["escalate"]
        said = row.text if again else questions[(7 * at + 31 * turn) % len(questions)].text
        yield Line("customer", said)
        yield Line("bot", _BOT[(at + turn) % len(_BOT)])


_BOT = (
    "真皮沙发每周用干软布擦拭一次，离暖气 30 厘米以上。\n\n——《真皮沙发怎么清洁保养》· 日常",
    "这个问题我的资料里没有可靠的依据，不想乱答。\n\n需要的话回复“转人工”，我请同事来帮您。",
    "您好，我在。空间搭配、育儿、服务规则，都可以直接问我；想找真人，回复“转人工”。",
    "满 6 个月先加一种泥糊状食物，少量开始，观察三天。\n\n——《6 个月宝宝第一口辅食》· 怎么加",
    "这个问题我的资料里没有可靠的依据，不想乱答。您想问的会不会是《退换货规则》？\n\n需要的话回复“转人工”，我请同事来帮您。",
    "好的，有需要随时找我。",
)


_MOOD_OF = {"thanks": "positive"}


def _headings() -> list[str]:
    """Titles and headings of the sample guides: what is asked by somebody who reads, in no danger."""
    found = set()
    for path in (ROOT / "guides").rglob("*.md"):
        found |= set(re.findall(r"^(?:title:|#+) +(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE))
    return sorted(found | {f"宝宝{heading}" for heading in found})


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


MOOD = Task(
    "mood",
    {"escalate": ("escalate",), "mood": ("calm", "positive", "anxious", "dissatisfied", "angry", "furious")},
    _mood,
    beside=_wishes_and_worries,
    block=25,
)
INTENT = Task(
    "intent",
    {
        "intent": (
            "question",
            "opt_out",
            "less_often",
            "topic_preference",
            "my_data",
            "delete_my_data",
            "why_this",
            "resume",
            "ask_human",
            "thanks",
            "chit_chat",
            "spam",
        )
    },
    _intent,
)
DANGER = Task(
    "danger",
    {"danger": ("danger",), "sign": tuple(sorted({*SIGN_OF_KIND.values(), *(sign for sign, _ in _ANOTHER.values())}))},
    _danger,
    plain,
    _danger_tables,
    block=6,
)
TASKS = (MOOD, INTENT, DANGER)
