"""How far long work is, for people, on stderr."""

import sys

from bot.store.backup import Progress

SHOWN_EVERY = 20_000  # rows between two words of progress


def progress(verb: str) -> Progress:
    """Shows how many of how many rows are done, now and then and at the end."""
    last = 0

    def show(done: int, total: int) -> None:
        nonlocal last
        if done == total or done - last >= SHOWN_EVERY:
            last = done
            say(f"{verb} {done} / {total} 行")

    return show


def say(text: str) -> None:
    """A line on stderr, at once: what a command gives is on stdout."""
    print(text, file=sys.stderr, flush=True)
