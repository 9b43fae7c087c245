"""The classifiers: their weights fit the rows in the repository, and they are quick, small and explainable."""

import time
import tracemalloc
from pathlib import Path

import pytest

from bench.train.data import DANGER, TASKS, digest
from bench.train.judging import danger_figures
from knowledge.classify.linear import Classifier, Weights, classifier

HERE = Path(__file__).parents[2] / "knowledge" / "classify" / "weights"


@pytest.mark.parametrize("task", TASKS, ids=[task.name for task in TASKS])
def test_the_weights_were_trained_on_the_rows_in_the_repository(task) -> None:
    """When this fails: `make train`."""
    assert Weights.load(HERE / f"{task.name}.npz").digest == digest(task)
    assert (HERE / f"{task.name}.npz").stat().st_size < 3_000_000


def test_saved_weights_come_back_and_saving_twice_gives_the_same_bytes(tmp_path) -> None:
    weights = Weights.load(HERE / "intent.npz")
    for name in ("one.npz", "two.npz"):
        weights.save(tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    again = Classifier(Weights.load(tmp_path / "one.npz"))
    assert again.judge("别再发了").chances == classifier("intent").judge("别再发了").chances


def test_it_says_which_words_weighed_most() -> None:
    judged = classifier("intent").judge("请问一下，别再给我发广告了")
    assert judged.weighed("opt_out")[0][1] > 0
    assert judged.quote("请问一下，别再给我发广告了", "opt_out") == "别再给我发广告了"
    assert sum(judged.chances.values()) == pytest.approx(1, abs=1e-4)


def test_a_message_of_100_characters_takes_less_than_two_milliseconds() -> None:
    judge = classifier("mood").judge
    text = "你们上周说会有人联系我安排换货到今天还没有消息，麻烦看一下到底什么时候能处理好呀" * 3
    times = []
    for number in range(300):
        began = time.perf_counter()
        judge(text[number % 10 :][:100])
        times.append(time.perf_counter() - began)
    assert sorted(times)[len(times) // 2] < 0.002  # the middle: a busy machine delays single ones


def test_all_three_take_less_than_30_mb() -> None:
    tracemalloc.start()
    loaded = [Classifier(Weights.load(HERE / f"{task.name}.npz"), task.spell) for task in TASKS]
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(loaded) == 3
    assert used < 30_000_000


def test_on_danger_rows_never_tuned_on_the_figures_hold() -> None:
    shares = {name: good / of for name, good, of in danger_figures(DANGER.unseen())}
    assert shares["danger: seen (recall)"] >= 0.90
    assert shares["danger: false alarms"] <= 0.15
