"""What comes in, as it is kept: whole where we cannot read it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.arrival import Arrival
from handlers.turn import Kind


def whole(arrival: Arrival, raw: Mapping[str, Any]) -> Arrival:
    """With all that came as `data["raw"]` where there are no words: of a type we do not know it is all we have."""
    if arrival.kind not in (Kind.OTHER, Kind.MEDIA):
        return arrival
    return replace(arrival, data={**arrival.data, "raw": dict(raw)})
