"""Order data as far as triggers need it: who, what happened, when, and the order's number. Nothing else is kept."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from scheduler.triggers import Event

DELIVERY = "delivery"  # what a row without a name of the event tells of

_HEADS = {
    "person": ("external_userid", "userid", "person", "账号", "客户id"),
    "event": ("event", "事件"),
    "on": ("date", "日期", "送达日期"),
    "order": ("order", "订单号"),
}
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class WrongOrders(ValueError):
    """The file as a whole cannot be read. The message is Chinese and says what to change."""


@dataclass(frozen=True, slots=True)
class Orders:
    """The events of each person, by their id in lower case; `wrong` has a Chinese line per row that was passed over."""

    events: Mapping[str, tuple[Event, ...]]
    wrong: tuple[str, ...] = ()


def read_orders(text: str, path: str) -> Orders:
    """The rows of a CSV with a head: an id and a date, and where there are such columns the event and order number.

    Other columns (a price, an address) are never looked at. A row that cannot be read does not stop the others. Raises
    WrongOrders where there is no such head.
    """
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    except csv.Error as error:
        raise WrongOrders(f"订单文件“{path}”不是能读的 CSV 文件，请另存为 UTF-8 的 .csv。") from error
    columns = _columns(rows[0] if rows else [], path)
    events: dict[str, dict[Event, None]] = {}
    wrong = []
    for number, row in enumerate(rows[1:], 2):
        cells = {name: row[at].strip() if at < len(row) else "" for name, at in columns.items()}
        day = _day(cells["on"])
        if cells["person"] and day is not None:
            event = Event(cells.get("event") or DELIVERY, day, cells.get("order", ""))
            events.setdefault(cells["person"].lower(), {})[event] = None
        elif any(map(str.strip, row)):
            missing = "日期看不懂，例如 2026-12-01" if cells["person"] else "没有账号"
            wrong.append(f"订单文件“{path}”第 {number} 行{missing}，已跳过。")
    return Orders({person: tuple(each) for person, each in events.items()}, tuple(wrong))


def _columns(head: Sequence[str], path: str) -> dict[str, int]:
    names = [cell.strip().casefold() for cell in head]
    found = {kind: next((names.index(word) for word in heads if word in names), -1) for kind, heads in _HEADS.items()}
    if found["person"] < 0 or found["on"] < 0:
        raise WrongOrders(
            f"订单文件“{path}”的第一行要有 external_userid（或 userid）和 date 两列，可加 event 和 order。"
        )
    return {kind: at for kind, at in found.items() if at >= 0}


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
