"""The short form of `make fuzz`: the same targets, as many inputs as fit into a test run."""

from collections.abc import Iterator

import pytest

from tests.fuzz import files, wire
from tests.fuzz.running import Target, run

INPUTS = 8_000  # of all targets together; `make fuzz` takes a million
FEWEST = 8


@pytest.fixture(scope="module", autouse=True)
def tidy() -> Iterator[None]:
    yield
    files.PROCESS.__exit__(None, None, None)


@pytest.mark.parametrize("target", [*wire.TARGETS, *files.targets()], ids=lambda target: target.name)
def test_no_input_crashes_hangs_or_tells_a_secret(target: Target) -> None:
    outcome = run(target, max(FEWEST, round(INPUTS * target.share / 100)), seed=0)
    assert outcome.defects == {}


def test_the_fuzzer_notices_a_crash_a_hang_and_a_told_secret() -> None:
    def take(data: bytes) -> None:
        if data == b"hang":
            while True:
                pass
        raise (ValueError("pass-word") if data == b"tell" else KeyError(0))

    seeds = (b"crash", b"hang", b"tell")
    target = Target("bad", seeds, lambda _rng, found: found[0], take, (ValueError,), ("pass-word",), seconds=0.05)
    assert {what.split(" at ")[0] for what in run(target, 1, 0).defects} == {
        "KeyError",
        "no end within 0.05 s",
        "an error's text holds a secret",
    }
