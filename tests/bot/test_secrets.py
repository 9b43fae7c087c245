"""Secrets: each can come from a file, and none is compared in a way that tells how much of a guess was right."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.environ import Key, keys
from bot.settings import Settings, load

ROOT = Path(__file__).resolve().parents[2]
SECRET_NAMES = ("signature", "aes_key", "password")  # what somebody else may guess at
HOLDERS = [key for key in keys(Settings) if key.secret]


def test_what_may_hold_a_secret_is_marked_as_such() -> None:
    assert {key.dotted for key in HOLDERS} >= {
        "store.url",
        "wecom.proxy",
        "wecom.app.secret",
        "wecom.kf.token",
        "wecom.contact.encoding_aes_key",
        "wecom.aibots.secret",
        "wecom.group_robots.key",
        "model.api_key",
        "knowledge.embedding_api_key",
    }


def test_every_secret_is_read_from_a_file_and_known_to_the_redactor(tmp_path: Path) -> None:
    environ = {
        "FENCUN_WECOM__CORP_ID": "ww1",
        "FENCUN_WECOM__APP__AGENT_ID": "1",
        "FENCUN_WECOM__AIBOTS__0__NAME": "a",
        "FENCUN_WECOM__AIBOTS__1__NAME": "b",
        "FENCUN_WECOM__AIBOTS__1__MODE": "websocket",
        "FENCUN_WECOM__AIBOTS__1__BOT_ID": "b",
        "FENCUN_WECOM__GROUP_ROBOTS__0__NAME": "r",
    }
    secrets = dict(_files(tmp_path))
    settings = load(None, environ | {variable: str(path) for variable, (path, _) in secrets.items()})
    hidden = {value for _, value in secrets.values()}
    assert settings.secrets() == hidden
    assert [value for value in hidden if value in repr(settings)] == []


def _files(folder: Path) -> Iterator[tuple[str, tuple[Path, str]]]:
    """A file for every secret; variable → (file, the secret in it)."""
    for number, key in enumerate(HOLDERS):
        hidden, text = _value(key, number)
        path = folder / str(number)
        path.write_text(text + "\n", encoding="utf-8")
        yield f"{_variable(key)}_FILE", (path, hidden)


def _value(key: Key, number: int) -> tuple[str, str]:
    """(what must stay hidden, the whole value)."""
    hidden = f"hidden{number}".ljust(43 if key.path[-1] == "encoding_aes_key" else 12, "x")
    if key.dotted == "store.url":
        return hidden, f"postgresql://u:{hidden}@h/db"
    return (hidden, f"http://u:{hidden}@proxy:1") if key.dotted == "wecom.proxy" else (hidden, hidden)


def _variable(key: Key) -> str:
    plain = key.variable.replace("WECOM__GROUP_ROBOTS", "WECOM__GROUP_ROBOTS__0")
    # The second bot keeps a long connection: only that one has a secret.
    return plain.replace("WECOM__AIBOTS", "WECOM__AIBOTS__1" if key.path[-1] == "secret" else "WECOM__AIBOTS__0")


def compared(source: str) -> Iterator[str]:
    """Comparisons by == or != of things that are called like what only WeCom and we know."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = [side for side in (node.left, *node.comparators) if not isinstance(side, ast.Constant)]
            if len(sides) > 1 and any(word in ast.unparse(side).lower() for word in SECRET_NAMES for side in sides):
                yield ast.unparse(node)


def test_nothing_secret_is_compared_with_an_ordinary_equals() -> None:
    sources = [path for path in (ROOT / "bot").rglob("*.py") if "sandbox" not in path.parts]
    assert {found for path in sources for found in compared(path.read_text(encoding="utf-8"))} == set()


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("given.signature == ours", 1),
        ("password != expected", 1),
        ("compare_digest(signature, b)", 0),
        ("signature == ''", 0),
    ],
)
def test_the_search_for_such_comparisons_finds_them(code: str, found: int) -> None:
    assert len(list(compared(code))) == found
