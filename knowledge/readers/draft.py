"""What a reader makes of a file, before front matter and sidecar have their say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_CHARACTERS = 600_000  # of one file's text: a long handbook; more is an archive, and would be answered from badly


class Unusable(Exception):
    """The reason why a file, or a part of it, is no guide, worded for the operator."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A guide to be. `fields` holds front matter keys; `own_title`: the author wrote the title, it is no guess."""

    title: str
    body: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    own_title: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file gave: drafts, and `faults` as (which part, reason): a part can be left out while the rest is used."""

    drafts: tuple[Draft, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()


def to_json(reading: Reading) -> dict[str, Any]:
    """The reading as plain JSON values; `from_json` makes it whole again."""
    drafts = [[one.title, one.body, dict(one.fields), one.own_title] for one in reading.drafts]
    return {"drafts": drafts, "faults": [list(fault) for fault in reading.faults]}


def from_json(found: Mapping[str, Any]) -> Reading:
    """Raises KeyError, TypeError or ValueError when `found` was not made by `to_json`."""
    drafts = (Draft(str(title), str(body), dict(fields), bool(own)) for title, body, fields, own in found["drafts"])
    return Reading(tuple(drafts), tuple((str(part), str(reason)) for part, reason in found["faults"]))
