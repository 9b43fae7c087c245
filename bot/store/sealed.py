"""Columns whose words are sealed (Fernet: AES-128-CBC with HMAC-SHA256) where the engine has keys, and plain elsewhere.

A sealed cell is `~s1~<name of the key>~<hints>~<token>`. What was written before there were keys stays as it is and is
told apart by that beginning. Hints are short keyed hashes of the ASCII words in the text: by them a deletion finds the
cells that may name somebody, without opening all of them. Without keys the types do nothing at all.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import JSON, ColumnElement, String, Text, and_, cast, func, or_
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeDecorator, TypeEngine

from bot.store import key_file
from bot.store.key_file import Keys, KeysUnusable

MARK = "~s1~"
INSIDE = "~"  # the key of a JSON object under which the sealed rest of it stands
_KEYRING = "fencun_keyring"  # attribute of an engine's dialect
_WORD = re.compile(r"[a-z0-9_-]{3,}")
_HINT = 5  # hexadecimal digits: some texts share one by chance, so that it says little about any of them


class CannotOpen(Exception):
    """A cell was sealed with a key that is not at hand, or changed since."""


class _Key:
    def __init__(self, name: str, key: bytes) -> None:
        self.beginning = f"{MARK}{name}~"
        self._fernet = Fernet(key)
        self._hints = HKDF(SHA256(), 32, salt=None, info=b"fencun hints").derive(key)

    def seal(self, text: str, words: Iterator[str]) -> str:
        hints = "".join(f".{self.hint(word)}" for word in sorted({*words}))
        return f"{self.beginning}{hints}.~{self._fernet.encrypt(text.encode()).decode()}"

    def open(self, token: str) -> str:
        return str(self._fernet.decrypt(token.encode()), "utf-8")

    def hint(self, word: str) -> str:
        return hashlib.blake2b(word.encode(), digest_size=4, key=self._hints).hexdigest()[:_HINT]


class Keyring:
    """The keys of one store. Whoever cannot open a cell looks once whether the file has changed meanwhile."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._looked_at = 0
        self._by_name: dict[str, _Key] = {}
        self.use(key_file.read(path))

    def use(self, keys: Keys) -> None:
        """From now on seal with the first of these. Keys that were known still open."""
        self.keys = keys
        self._by_name = {**self._by_name, **_made(keys)}
        self._looked_at = max(self._looked_at, keys.changed)

    @property
    def known(self) -> tuple[_Key, ...]:
        return tuple(self._by_name.values())

    def seal(self, text: str, words: Iterator[str] | None = None) -> str:
        """`text` as it is stored. `words` are what can be looked for in it; by default its own."""
        if not self.keys.first:
            # It must not pass for a sealed one later.
            return text.replace("~", "～", 1) if text.startswith(MARK) else text
        return self._by_name[self.keys.first].seal(text, words_of(text) if words is None else words)

    def open(self, cell: str) -> str:
        """A stored text as it was written. Raises CannotOpen."""
        if not cell.startswith(MARK):
            return cell
        name, _, rest = cell.removeprefix(MARK).partition("~")
        key = self._by_name.get(name) or self._look_again(name)
        try:
            if key is not None:
                return key.open(rest.rpartition("~")[2])
        except (InvalidToken, UnicodeError):
            pass
        raise CannotOpen("a sealed cell cannot be opened with the keys at hand")  # its words may be anybody's

    def _look_again(self, name: str) -> _Key | None:
        """Another process may seal with a key that came into the file after we had read it."""
        try:
            if self.path.stat().st_mtime_ns == self._looked_at:
                return None
            found = key_file.read(self.path)
        except (OSError, KeysUnusable):
            return None
        self._looked_at = found.changed
        self._by_name = {**_made(found), **self._by_name}
        return self._by_name.get(name)


def _made(keys: Keys) -> dict[str, _Key]:
    return {name: _Key(name, key) for name, key in keys.by_name.items()}


def put(dialect: Dialect, keyring: Keyring) -> None:
    """Statements of this engine seal and open from now on. To be called before the first one."""
    setattr(dialect, _KEYRING, keyring)


def keyring_of(dialect: Dialect) -> Keyring | None:
    found: Keyring | None = getattr(dialect, _KEYRING, None)
    return found


class Sealed(TypeDecorator[Any]):
    """Steps aside where there is no keyring: then a cell costs what it costs without this module."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        if keyring_of(dialect) is None:
            return self.impl_instance.bind_processor(dialect)
        return super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        if keyring_of(dialect) is None:
            return self.impl_instance.result_processor(dialect, coltype)
        return super().result_processor(dialect, coltype)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        keyring = keyring_of(dialect)
        return self.sealed(value, keyring) if keyring is not None and value else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        keyring = keyring_of(dialect)
        return self.opened(value, keyring) if keyring is not None and value else value

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """SQL compares what stands in the cell."""
        return self.impl_instance.coerce_compared_value(op, value)

    def sealed(self, value: Any, keyring: Keyring) -> Any:
        return keyring.seal(value)

    def opened(self, value: Any, keyring: Keyring) -> Any:
        return keyring.open(value)


class SealedText(Sealed):
    impl = Text
    cache_ok = True


class SealedString(Sealed):
    impl = String
    cache_ok = True


class SealedJSON(Sealed):
    """A JSON value. The entries of an object that are named `plain` stay outside, because SQL reads them."""

    impl = JSON
    cache_ok = True

    def __init__(self, plain: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.plain = plain

    def sealed(self, value: Any, keyring: Keyring) -> Any:
        if not keyring.keys.first:
            return value
        if not isinstance(value, Mapping) or not self.plain:
            return _json_sealed(value, keyring)
        outside = {name: each for name, each in value.items() if name in self.plain}
        rest = {name: each for name, each in value.items() if name not in self.plain}
        if not outside:
            return _json_sealed(rest, keyring)
        return {**outside, INSIDE: _json_sealed(rest, keyring)} if rest else outside

    def opened(self, value: Any, keyring: Keyring) -> Any:
        if isinstance(value, str) and value.startswith(MARK):
            return json.loads(keyring.open(value))
        if self.plain and isinstance(value, Mapping) and str(value.get(INSIDE, "")).startswith(MARK):
            outside = {name: each for name, each in value.items() if name != INSIDE}
            return {**outside, **json.loads(keyring.open(value[INSIDE]))}
        return value


def _json_sealed(value: Any, keyring: Keyring) -> str:
    words = (word for text in _texts(value) for word in words_of(text))
    return keyring.seal(json.dumps(value, ensure_ascii=False), words)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)


def words_of(text: str) -> Iterator[str]:
    """What can be looked for in a sealed text: runs of ASCII letters, digits, `_` and `-`, as ids are made of."""
    return (found.group() for found in _WORD.finditer(text.lower()))


def unsealed(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of the column without regard to sealing."""
    return type_.impl_instance if isinstance(type_, Sealed) else type_


def may_name(connection: AsyncConnection, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether `name` (an id, or its shortened form) may stand in the column, in any case; false alarms are possible."""
    text = cast(column, Text)
    plain = func.lower(text).contains(name.lower(), autoescape=True)
    keyring = keyring_of(connection.dialect)
    if keyring is None or not isinstance(column.type, Sealed):
        return plain
    return or_(plain, *(_hinted(text, key, name) for key in keyring.known))


def _hinted(text: ColumnElement[str], key: _Key, name: str) -> ColumnElement[bool]:
    hints = [text.contains(f".{key.hint(word)}.", autoescape=True) for word in {*words_of(name)}]
    return and_(text.contains(key.beginning, autoescape=True), *hints)
