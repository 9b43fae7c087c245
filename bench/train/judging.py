"""How well the classifiers do, as the program uses them: rules, patterns and thresholds included."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bench.train.data import DANGER, INTENT, MOOD, Row
from handlers.intent import Intent, intent_of
from handlers.mood import read
from knowledge.danger import danger_in

Line = tuple[str, int, int]  # what is counted, how many, of how many


def mood_figures(rows: Sequence[Row]) -> Iterator[Line]:
    """Escalations found and raised in vain, in all and for each kind."""
    due = [row.right["escalate"] != "" for row in rows]
    raised = [read(row.text, row.history).escalate for row in rows]
    both = [one and other for one, other in zip(due, raised, strict=True)]
    calm = [row.right["mood"] in ("calm", "positive") for row in rows]
    yield "mood: escalations found (recall)", sum(both), sum(due)
    yield "mood: raised rightly (precision)", sum(both), sum(raised)
    vain = [r and not d for r, d in zip(raised, due, strict=True)]
    yield "mood: false alarms among calm and positive", sum(v and c for v, c in zip(vain, calm, strict=True)), sum(calm)
    for kind in sorted({row.kind for row in rows}):
        here = [row.kind == kind for row in rows]
        if found := sum(d and h for d, h in zip(due, here, strict=True)):
            yield f"mood, {kind}: escalations found", sum(b and h for b, h in zip(both, here, strict=True)), found
        if quiet := sum(h and not d for d, h in zip(due, here, strict=True)):
            yield f"mood, {kind}: false alarms", sum(v and h for v, h in zip(vain, here, strict=True)), quiet


def intent_figures(rows: Sequence[Row]) -> Iterator[Line]:
    """Right intents, in all and for each, and what a wrong one would do."""
    right = [row.right["intent"] for row in rows]
    got = [str(intent_of(row.text)) for row in rows]
    yield "intent: right (accuracy)", sum(one == other for one, other in zip(right, got, strict=True)), len(rows)
    stops = [
        answer == Intent.OPT_OUT
        for row, answer in zip(rows, got, strict=True)
        if row.kind == "plain" and row.right["intent"] == Intent.OPT_OUT
    ]
    if stops:
        yield "intent: plain opt-outs missed", stops.count(False), len(stops)
    harm = [answer in (Intent.OPT_OUT, Intent.DELETE_MY_DATA) for answer in got]
    asked = [one == Intent.QUESTION for one in right]
    yield (
        "intent: questions taken for opt-out or deletion",
        sum(h and a for h, a in zip(harm, asked, strict=True)),
        sum(asked),
    )
    for label, count in sorted(Counter(right).items()):
        yield f"intent, {label}: found", sum(a == b == label for a, b in zip(right, got, strict=True)), count


def danger_figures(rows: Sequence[Row]) -> Iterator[Line]:
    """Dangers seen and false alarms, patterns and classifier together."""
    real = [row.right["danger"] != "" for row in rows]
    found = [danger_in(row.text) is not None for row in rows]
    yield "danger: seen (recall)", sum(a and b for a, b in zip(real, found, strict=True)), sum(real)
    yield "danger: false alarms", sum(b and not a for a, b in zip(real, found, strict=True)), real.count(False)
    for kind in sorted({row.kind for row in rows}):
        hits = [hit for row, hit in zip(rows, found, strict=True) if row.kind == kind]
        alarm = any(row.right["danger"] for row in rows if row.kind == kind)
        yield f"danger, {kind}: {'seen' if alarm else 'false alarms'}", sum(hits), len(hits)


FIGURES = {MOOD.name: mood_figures, INTENT.name: intent_figures, DANGER.name: danger_figures}
