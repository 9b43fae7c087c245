"""Hostile inputs out of good ones: bytes flipped, spliced, blown up; values in JSON and XML that belong elsewhere."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape

LONGEST = 64 * 1024  # bytes; the door's limit is tested by itself
BYTES = (
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98",
        b"\xc0\x80",
        b"\xef\xbb\xbf",
        b"\r\n\r\n",
        b"]]>",
        b"<![CDATA[",
    ),
    *(b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"&#0;", b"&#xD800;", b"<xml>" * 40, b"[" * 2000, b'{"a":' * 500),
    *(b"9" * 5000, b"-1", b"1e999", b"NaN", b"\\ud800", b"\\u0000", b"%s%n", b"../../etc/passwd", b"=" * 100, b"---\n"),
    *(
        "\u202e".encode(),
        "\u200b".encode(),
        "😀".encode(),
        "长".encode() * 100,
        b"'; drop table inbox; --",
        b"!!python/object:os.system",
    ),
)
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        2**31,
        2**63,
        -(2**63) - 1,
        10**30,
        10**400,
        0.5,
        -0.0,
        1e308,
        float("inf"),
        float("nan"),
    ),
    *(
        "",
        " ",
        "0",
        "\x00",
        "\ud83d",
        "text",
        "event",
        "长" * 1000,
        "a" * 3000,
        "9" * 400,
        "null",
        "<xml/>",
        "&a;",
        "{}",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        [{}],
        {"": ""},
        {"a": {"a": {"a": {}}}},
        [1] * 200,
        {"content": []},
        {"content": {"content": 1}},
    ),
)
Change = Callable[[random.Random, bytes, bytes], bytes]


def mutated(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds after one to eight changes."""
    data = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        data = rng.choice(_CHANGES)(rng, data, rng.choice(seeds))
    return data[:LONGEST]


def _flip(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    begin, end = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    return data[:begin] + data[end:]


def _splice(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]


def _insert(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.choice(BYTES) + data[at:]


def _repeat(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    begin = rng.randint(0, len(data))
    piece = data[begin : begin + rng.randint(1, 32)]
    return data[:begin] + piece * rng.choice((2, 10, 200)) + data[begin:]


def _noise(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.randbytes(rng.randint(1, 16)) + data[at + rng.randint(0, 16) :]


def _number(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    """One run of digits becomes another number."""
    digits = [at for at, byte in enumerate(data) if 48 <= byte <= 57]
    if not digits:
        return data
    begin = end = rng.choice(digits)
    while end < len(data) and 48 <= data[end] <= 57:
        end += 1
    return data[:begin] + str(rng.choice((0, -1, 2**31, 2**63, 10**20, 10**400))).encode() + data[end:]


_CHANGES: tuple[Change, ...] = (_flip, _cut, _splice, _insert, _repeat, _noise, _number)


def json_mutated(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Half of the time good JSON with wrong values in it, else broken bytes."""
    if rng.random() < 0.4:
        return mutated(rng, seeds)
    tree = json.loads(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 4))):
        tree = _replaced(rng, tree)
    return json.dumps(tree).encode()[:LONGEST]


def _replaced(rng: random.Random, tree: Any, depth: int = 0) -> Any:
    """The tree with one of its values, at whatever depth, replaced, removed, doubled or buried."""
    if isinstance(tree, dict) and tree and (depth == 0 or rng.random() < 0.8):
        name = rng.choice(list(tree))
        if rng.random() < 0.1:
            return {key: value for key, value in tree.items() if key != name}
        return {**tree, name: _replaced(rng, tree[name], depth + 1)}
    if isinstance(tree, list) and tree and rng.random() < 0.8:
        at = rng.randrange(len(tree))
        return [*tree[:at], _replaced(rng, tree[at], depth + 1), *tree[at + 1 :]]
    if rng.random() < 0.02:
        return _buried(tree, rng.choice((50, 400)))
    return rng.choice(VALUES)


def _buried(value: Any, depth: int) -> Any:
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def xml_mutated(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Half of the time good XML with wrong texts in it, else broken bytes."""
    if rng.random() < 0.5:
        return mutated(rng, seeds)
    pieces = rng.choice(seeds).decode().split("<![CDATA[")
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(pieces))
        before, end, after = pieces[at].partition("]]>")
        value = rng.choice(VALUES)
        text = value if isinstance(value, str) else str(value)
        pieces[at] = rng.choice((text, escape(text))) + end + after if end else before
    return "<![CDATA[".join(pieces).encode("utf-8", "surrogatepass")[:LONGEST]
