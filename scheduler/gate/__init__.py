"""The one gate between us and a person who did not ask: facts in, decision out, every decision replayable.

Asked for every unasked item at dispatch, again on every retry, and before a colleague is reminded of one. Answers and
call-backs that somebody asked for are another class and never come to this gate.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from scheduler.gate.case import Case, recorded
from scheduler.gate.checks import judge
from scheduler.gate.model import (
    EARLIER,
    JSON,
    RULE_VERSION,
    Decision,
    Facts,
    Proposal,
    Reason,
    UnknownRule,
    Verdict,
)
from scheduler.gate.texts import REASON_TEXT, describe
from scheduler.rules import Quiet, Rules

__all__ = [
    "JSON", "REASON_TEXT", "RULE_VERSION", "Decision", "Facts", "Proposal", "Quiet", "Reason", "Rules", "UnknownRule",
    "Verdict", "decide", "describe", "replay",
]  # fmt: skip


def decide(proposal: Proposal, facts: Facts, rules: Rules, now: datetime) -> Decision:
    """Whether `proposal` may leave at `now` (aware). Raises ValueError for a moment without time zone."""
    return judge(Case.of(proposal, facts, rules, now))


def replay(inputs: Mapping[str, Any], rule: str) -> Decision:
    """The decision that rule `rule` makes of recorded `inputs`; UnknownRule where this program has no such rule."""
    if rule not in (*EARLIER, RULE_VERSION):
        raise UnknownRule(f"这条决定由规则 {rule} 作出，本程序只有到 {RULE_VERSION} 为止的规则")
    return judge(recorded(inputs, rule))
