"""`python -m bench.site.skewed <seconds> serve …`: `fencun` on a machine whose clock is that much ahead."""

import sys
from datetime import timedelta
from functools import partial

from bot.cli import app, serving
from bot.clock import MovableClock
from bot.processes import process


def main() -> None:
    clock = MovableClock()
    clock.jump(timedelta(seconds=float(sys.argv.pop(1))))
    serving.process = partial(process, clock=clock)  # type: ignore[attr-defined]
    app()


if __name__ == "__main__":
    main()
