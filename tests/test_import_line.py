"""knowledge ← scheduler ← handlers ← bot: each package imports only itself and those to its left."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINE = ("knowledge", "scheduler", "handlers", "bot")


def imported(source: str, package: tuple[str, ...]) -> Iterator[str]:
    """The top-level names that `source`, a module inside `package`, imports anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            above = package[: len(package) - node.level + 1]
            yield above[0] if above else "(outside)"
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def reaches_right(path: Path) -> set[str]:
    parts = path.relative_to(ROOT).parts
    forbidden = {*LINE[LINE.index(parts[0]) + 1 :], "tests", "bench", "(outside)"}
    return forbidden & set(imported(path.read_text(encoding="utf-8"), parts[:-1]))


@pytest.mark.parametrize("package", LINE)
def test_a_package_imports_only_itself_and_those_to_its_left(package: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): names for path in (ROOT / package).rglob("*.py") if (names := reaches_right(path))
    }
    assert wrong == {}


def test_every_top_level_package_stands_in_the_line() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages <= {*LINE, "bench"}


FIRST = """
import importlib, sys
for name in sys.argv[1:]:
    for loaded in [each for each in sys.modules if each.partition(".")[0] in ("knowledge", "scheduler", "handlers")]:
        del sys.modules[loaded]
    importlib.import_module(name)
"""


def test_each_module_of_the_handlers_can_be_the_first_to_be_imported() -> None:
    """So there is no circle that only the order of imports hides."""
    paths = (path.relative_to(ROOT).with_suffix("") for path in (ROOT / "handlers").rglob("*.py"))
    names = sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)
    done = subprocess.run([sys.executable, "-c", FIRST, *names], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-600:]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import bot.store", {"bot"}),
        ("def late():\n    from handlers.turn import Turn", {"handlers"}),
        ("from . import types", {"knowledge"}),
        ("from .. import bot", {"(outside)"}),
        ("if TYPE_CHECKING:\n    from scheduler import gate", {"scheduler"}),
    ],
)
def test_no_spelling_of_an_import_slips_through(source: str, found: set[str]) -> None:
    assert set(imported(source, ("knowledge",))) == found
