"""What of the builder's report may stand in a log: what went wrong, and no word of a guide."""

import re

GUIDE = "- "  # begins a line about one guide
_CRASH = "Traceback (most recent call last):"
_FOUND = re.compile(r"没有通过检查（.*）", re.DOTALL)  # what a check found may quote a guide
_LONGEST = 300  # characters


def reason(report: str) -> str:
    """The sentence with which the builder ended; of a crash the class alone. Empty for one that was killed silently."""
    _, crashed, trace = report.rpartition(_CRASH)
    if crashed:
        ended = (line for line in trace.splitlines() if line and not line.startswith((" ", "\t")))
        return next(ended, "").partition(":")[0][:_LONGEST]
    shown = _FOUND.sub("没有通过检查", report)
    said = [line for line in shown.splitlines() if line.strip() and not line.startswith(GUIDE)]
    return said[-1][:_LONGEST] if said else ""


def guides_named(report: str) -> int:
    """How many lines are about single guides: those that could not be used."""
    return sum(line.startswith(GUIDE) for line in report.splitlines())
