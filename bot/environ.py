"""Settings from the environment: which variable sets which key.

`FENCUN_SECTION__KEY` sets `section.key`; `FENCUN_WECOM__AIBOTS__0__SECRET` sets one key of the first entry of a list of
tables. A secret is also read from the file that `…_FILE` names. An empty variable counts as not set.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

PREFIX = "FENCUN_"
CONFIG = "FENCUN_CONFIG"
# Kubernetes gives every pod such variables for a service that is called fencun…; they are not ours.
SERVICE_LINK = re.compile(
    r"FENCUN_(\w+_)?(SERVICE_(HOST|PORT(_\w+)?)=|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?=|PORT=\w+://).*"
)
SLIP = 8  # characters behind the name of a secret that may still be a slip of the pen

Steps = tuple[str | int, ...]  # the way to a key from the top; a number is a place in a list


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one key (dotted, or the name of a variable). `message` is Chinese and free of values."""

    key: str
    message: str


class Trouble(Exception):
    """One value that cannot be read; the message is Chinese."""


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that may be set. `path` leads to it from the top; `many` marks a list; `table` is set for tables."""

    path: tuple[str, ...]
    field: FieldInfo

    @property
    def dotted(self) -> str:
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        return PREFIX + "__".join(self.path).upper()

    @property
    def many(self) -> bool:
        return get_origin(self.field.annotation) in (tuple, list)

    @property
    def table(self) -> type[BaseModel] | None:
        return next((kind for kind in _types(self.field.annotation) if issubclass(kind, BaseModel)), None)

    @property
    def secret(self) -> bool:
        extra = self.field.json_schema_extra
        marked = isinstance(extra, dict) and bool(extra.get("secret"))
        return marked or any(issubclass(kind, SecretStr) for kind in _types(self.field.annotation))


def _types(annotation: Any) -> Iterator[type]:
    parts = get_args(annotation)
    if not parts and isinstance(annotation, type):
        yield annotation
    for part in parts:
        yield from _types(part)


def keys(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[Key]:
    """Every key below `model`, in the order of the fields. A list of tables is a key, and so are its entries' keys."""
    for name, info in model.model_fields.items():
        key = Key((*above, name), info)
        if key.table is None or key.many:
            yield key
        if key.table is not None:
            yield from keys(key.table, key.path)


@dataclass
class Found:
    """What the environment says: values, where each came from, and what could not be read."""

    values: dict[Steps, Any] = field(default_factory=dict)
    variables: dict[Steps, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def over(self, written: dict[str, Any]) -> dict[str, Any]:
        """`written`, nested tables, with the values laid on top; a whole list goes before its single entries."""
        data = written
        for steps in sorted(self.values, key=_by_place):
            data = _laid(data, steps, self.values[steps])
        return data


def from_environ(model: type[BaseModel], environ: Mapping[str, str]) -> Found:
    """Read every `FENCUN_…` variable of `environ` for `model`."""
    found = Found()
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name == CONFIG or not environ[name]:
            continue
        try:
            path, value = _read(model, name, environ[name])
        except Trouble as trouble:
            if not SERVICE_LINK.fullmatch(f"{name}={environ[name]}"):
                found.problems.append(Problem(_shown(model, name), str(trouble)))
            continue
        if path in found.variables:
            found.problems.append(Problem(name, f"和 {found.variables[path]} 只能设置一个"))
        found.variables[path] = name
        found.values[path] = value
    return found


def _shown(model: type[BaseModel], name: str) -> str:
    """A name as it may be told. Where a colon was written for the equals sign, the value is in the name."""
    bare = re.split(r"\W", name, maxsplit=1, flags=re.ASCII)[0]
    secrets = [key.variable for key in keys(model) if key.secret]
    slipped = [each for each in secrets if bare.startswith(each) and len(bare) > len(each) + SLIP]
    told = max(slipped, key=len, default=bare)
    return told if told == name else f"{told}…"


def _read(model: type[BaseModel], name: str, text: str) -> tuple[Steps, Any]:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise Trouble("不是 UTF-8 文字")  # as Python hands over other bytes
    segments = name.removeprefix(PREFIX).lower().split("__")
    if located := _locate(model, segments):
        return located[0], _parsed(located[1], text)
    located = _locate(model, [*segments[:-1], segments[-1].removesuffix("_file")])
    if located and located[1].secret and segments[-1].endswith("_file"):
        return located[0], _file(text)
    known = [key.variable for key in keys(model)]
    near = difflib.get_close_matches(name, known, 1, 0.6)
    raise Trouble("没有这个设置项" + (f"，是不是想写 {near[0]}？" if near else ""))


def _locate(model: type[BaseModel], segments: list[str]) -> tuple[Steps, Key] | None:
    """The key that the segments name, with its path (an index stands behind a list of tables)."""
    path: Steps = ()
    inside: type[BaseModel] | None = model
    key: Key | None = None
    for segment in segments:
        if key is not None and key.many and key.table and inside is None and segment.isdecimal() and len(segment) <= 3:
            path, inside = (*path, int(segment)), key.table
            continue
        if inside is None or segment not in inside.model_fields:
            return None
        path, key = (*path, segment), Key((segment,), inside.model_fields[segment])
        inside = None if key.many else key.table
    return (path, key) if key is not None and inside is None else None


def _parsed(key: Key, text: str) -> Any:
    """A list is JSON, plain words may also be joined by commas. Anything else stays text: the model reads numbers."""
    if not key.many:
        return text
    if not key.table and not text.lstrip().startswith("["):
        return [word.strip() for word in text.split(",") if word.strip()]
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()  # half a character, written as \\ud83d, is in no text
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise Trouble("要写成 JSON 列表，例如 [{…}, {…}]" if key.table else '要写成 ["a", "b"] 或 a,b')
    return value


def _file(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise Trouble("读不到它指的文件") from None  # the name stays out: it may be the secret, set in the wrong place


def _by_place(steps: Steps) -> tuple[int, int]:
    return len(steps), next((step for step in steps if isinstance(step, int)), 0)


def _laid(base: Any, steps: Steps, value: Any) -> Any:
    """`base` with `value` put where `steps` lead, as a new object. A place behind the end of a list adds an entry."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        entries = list(base) if isinstance(base, list) else []
        under = entries[step] if step < len(entries) else None
        return [*entries[:step], _laid(under, rest, value), *entries[step + 1 :]]
    table = base if isinstance(base, dict) else {}
    return {**table, step: _laid(table.get(step), rest, value)}
