"""The documents name everything that exists, and nothing that does not."""

import json
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

import bot.cli
from bot.environ import Key, keys
from bot.metrics import Metrics
from bot.settings import Settings
from handlers.commands.parse import COMMANDS
from knowledge.guides import read_folder
from knowledge.types import Guide
from scheduler.gate import REASON_TEXT, Facts, Proposal, Reason, Rules, decide
from scheduler.posts import parse_recipient

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAGES = (*sorted(DOCS.glob("**/*.md")), *READMES)

FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
EVENT = re.compile(r"""\b_?log\.\w+\(\s*"([\w.]+)\"""", re.IGNORECASE)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
MACHINE_PATH = re.compile(r"(?<![\w.})/-])/(?:home|Users|root|work)/\w")
REGISTRY = re.compile(
    r"pypi\.org|python[h]osted\.org|(?<!emit-)index[-]url|registry\.npm[j]s|\b(?:pypi|mirrors?)\.[\w.]+\.(?:com|cn|edu)"
)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def absent(names: list[str], text: str) -> list[str]:
    return [name for name in names if name not in text]


def commands(group: TyperGroup, above: str = "fencun") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{above} {name}")
        else:
            yield f"{above} {name}"


def test_every_command_of_the_command_line_is_in_the_documents() -> None:
    app = next(value for value in vars(bot.cli).values() if isinstance(value, typer.Typer))
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    assert absent(list(commands(group)), page("commands.md")) == []


def test_every_slash_command_and_alias_is_in_the_documents() -> None:
    words = [f"/{name}" for command in COMMANDS for name in command.names]
    assert absent(words, page("commands.md")) == []


def test_no_slash_command_in_the_documents_is_left_over() -> None:
    rows = re.findall(r"^\| `/(\w+)` \| `/(\w+)` \|", page("commands.md"), re.MULTILINE)
    assert rows == [command.names for command in COMMANDS]


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_every_slash_command_and_the_way_to_a_backup_are_in_both_introductions(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    wanted = [f"`/{command.name}`" for command in COMMANDS]
    assert absent([*wanted, "`fencun backup ", "`fencun restore "], text) == []


def test_every_reason_of_the_gate_is_in_the_documents_with_its_text_and_none_is_left_over() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]*[\u4e00-\u9fff][^|]*?) \|", page("gate.md"), re.MULTILINE))
    assert rows == {str(reason): REASON_TEXT[reason] for reason in Reason}


def test_every_figure_of_metrics_is_in_the_documents_and_none_is_left_over() -> None:
    names = {family.name for family in Metrics().registry.collect() if not family.name.startswith("process_")}
    assert names
    assert set(re.findall(r"^\| `(fencun_\w+)` \|", page("operations.md"), re.MULTILINE)) == names


def test_every_event_of_the_log_is_in_the_documents() -> None:
    sources = [path for name in ("bot", "handlers", "scheduler", "knowledge") for path in (ROOT / name).rglob("*.py")]
    ours = [path.read_text(encoding="utf-8") for path in sources if "sandbox" not in path.parts]
    events = {event for text in ours for event in EVENT.findall(text)}
    assert events
    assert absent([f"`{event}`" for event in sorted(events)], page("operations.md")) == []


def test_the_sample_of_the_gate_runs_and_says_what_was_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
    proposal = Proposal(parse_recipient("robot:weekly"), "value", now, now + timedelta(hours=6))
    made = decide(proposal, Facts((), opted_out=False, paused=True, reachable=True, human_has_it=False), Rules(), now)
    (tmp_path / "var").mkdir()
    with sqlite3.connect(tmp_path / "var" / "fencun.db") as store:
        store.execute("create table decision (id integer primary key, inputs text, rule text)")
        store.execute("insert into decision (inputs, rule) values (?, ?)", (json.dumps(made.inputs), made.rule))
    monkeypatch.chdir(tmp_path)
    sample = re.search(r"^```python\n(.*?)^```$", page("gate.md"), re.MULTILINE | re.DOTALL)
    assert sample is not None
    exec(compile(sample[1], "gate.md", "exec"), {})
    assert capsys.readouterr().out == "先不发：定时发送已暂停。\n"


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_sample_guide_is_a_guide_and_every_key_of_a_guide_is_explained(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    sample = re.search(r"^```markdown\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert sample is not None
    (tmp_path / "sample.md").write_text(sample[1], encoding="utf-8")
    guides, rejected = read_folder(tmp_path)
    assert (len(guides), rejected) == (1, ())
    wanted = [f"`{name}`" for name in Guide.__dataclass_fields__ if name not in ("name", "body")]
    assert absent(wanted, text) == []


def _variable(key: Key) -> str:
    """How the documents write the variable: an entry of a list of tables is shown as the first."""
    parts = [part.upper() for part in key.path]
    lists = [other.path for other in keys(Settings) if other.many and other.table]
    inside = next((path for path in lists if key.path[: len(path)] == path and key.path != path), None)
    if inside:
        parts.insert(len(inside), "0")
    return "FENCUN_" + "__".join(parts)


def test_every_setting_has_a_row_with_its_variable_and_no_row_is_left_over() -> None:
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \|(.*)$", page("settings.md"), re.MULTILINE))
    known = {key.dotted: key for key in keys(Settings)}
    assert set(rows) == set(known)
    assert [name for name, key in known.items() if f"`{_variable(key)}`" not in rows[name]] == []
    assert [name for name, key in known.items() if key.secret != ("or `…_FILE`" in rows[name])] == []


def test_every_default_in_the_documents_is_the_real_one() -> None:
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \|(.*)$", page("settings.md"), re.MULTILINE))
    for key in keys(Settings):
        default = key.field.default
        if isinstance(default, str | int | float) and not key.field.is_required() and key.path[-1] != "display_name":
            shown = f"`{json.dumps(default, ensure_ascii=False)}`"
            assert f" {shown} |" in rows[key.dotted], key.dotted


def _bare(code: str) -> str:
    """A code block without its comments: those are translated."""
    return "\n".join(line for raw in code.splitlines() if (line := re.sub(r"(^|\s)#\s.*$", "", raw).rstrip()))


def test_both_readmes_have_the_same_headings_tables_and_code() -> None:
    texts = [path.read_text(encoding="utf-8") for path in READMES]
    levels = [re.findall(r"^(#{1,6}) ", FENCE.sub("", text), re.MULTILINE) for text in texts]
    assert levels[0]
    assert levels[0] == levels[1]
    rows = [[len(table.splitlines()) for table in TABLE.findall(text)] for text in texts]
    assert rows[0] == rows[1]
    codes = [[_bare(found.group()) for found in FENCE.finditer(text)] for text in texts]
    assert codes[0] == codes[1]


def tracked() -> list[Path]:
    """Everything that is or would be committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_path_of_some_machine_or_a_package_registry() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}: {hit.group()}"
            for each in (MACHINE_PATH, REGISTRY)
            for hit in each.finditer(text)
        ]
    assert found == []


def anchors(path: Path) -> set[str]:
    """The anchors GitHub gives a page's headings."""
    titles = HEADING.findall(FENCE.sub("", path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def broken(path: Path) -> Iterator[str]:
    for target in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            yield target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    assert list(broken(path)) == []
