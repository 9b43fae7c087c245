"""A model's word on a doubtful mood: one of a list, or nothing."""

import pytest

from handlers import second_opinion
from handlers.mood_types import Mood, Reading
from knowledge.types import Line

DOUBTFUL = Reading(Mood.DISSATISFIED, escalate=False, reason="像是在抱怨", quote="这都几天了", doubtful=True)


@pytest.mark.parametrize(
    ("word", "mood", "escalate"),
    [
        ("calm", Mood.CALM, False),
        ("dissatisfied", Mood.DISSATISFIED, False),
        ("complaint", Mood.DISSATISFIED, True),
        ("furious", Mood.FURIOUS, True),
    ],
)
def test_the_models_word_settles_a_doubt(word, mood, escalate) -> None:
    reading = second_opinion.settled(DOUBTFUL, word)
    assert (reading.mood, reading.escalate, reading.doubtful) == (mood, escalate, False)
    assert reading.quote == "这都几天了"


@pytest.mark.parametrize("word", ["", "不知道", "Angry!!"])
def test_anything_else_leaves_our_own_reading(word) -> None:
    assert second_opinion.settled(DOUBTFUL, word) == DOUBTFUL


def test_the_model_sees_the_last_lines_of_this_conversation_shortened() -> None:
    history = [Line("customer", f"第{n}句" + "长" * 300) for n in range(10)]
    data = second_opinion.data("还没人回我", history)
    assert data["text"] == "还没人回我"
    assert len(data["earlier"]) == 6
    assert max(len(line["text"]) for line in data["earlier"]) == 200
