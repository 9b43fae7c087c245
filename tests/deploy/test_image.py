"""The image is made by the commands that `make setup` is made of, and holds no more than it must."""

import json
import re

from tests.deploy.files import ROOT, instructions, text

STAGES = instructions(text("Dockerfile"))
LAST = max(number for number, (word, _) in enumerate(STAGES) if word == "FROM")


def test_python_is_set_up_as_make_does_it() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    names = dict(re.findall(r"^(\w+) [:?]?= (.*)$", makefile, re.MULTILINE))

    def expanded(line: str) -> str:
        while (found := re.search(r"\$\((\w+)\)", line)) is not None:
            line = line.replace(found[0], names.get(found[1], ""))
        return line

    wanted = [expanded(line.strip().lstrip("@")) for line in re.findall(r"^\t(.*)$", makefile, re.MULTILINE)]
    made = [rest for word, rest in STAGES if word == "RUN" and re.search(r"pip|venv \.venv", rest)]
    assert len(made) == 3
    assert [command for command in made if command not in wanted] == []


def test_dependencies_are_checked_by_their_hashes() -> None:
    installs = [rest for word, rest in STAGES if word == "RUN" and "requirements" in rest]
    assert all("--require-hashes --no-deps" in rest for rest in installs)
    assert installs


def test_the_last_stage_installs_nothing_and_is_not_root() -> None:
    last = STAGES[LAST:]
    assert [rest for word, rest in last if word == "RUN" and re.search(r"apt|pip|curl|wget|gcc", rest)] == []
    users = [rest for word, rest in last if word == "USER"]
    assert users
    assert users[-1].partition(":")[0] not in ("root", "0")
    assert [rest for word, rest in STAGES if word == "ADD"] == []


def test_the_bot_itself_is_process_one_and_gets_the_signal() -> None:
    last = dict(STAGES[LAST:])
    assert json.loads(last["ENTRYPOINT"]) == ["fencun"]  # no shell in between
    assert json.loads(last["CMD"]) == ["serve"]
    assert last["STOPSIGNAL"] == "SIGTERM"


def test_the_health_check_asks_with_python_itself() -> None:
    check = dict(STAGES[LAST:])["HEALTHCHECK"].partition("CMD ")[2]
    program, _, source = json.loads(check)
    assert program == "python"
    compile(source, "HEALTHCHECK", "exec")
    assert "/healthz" in source


def test_what_is_copied_exists_and_nothing_else_reaches_the_builder() -> None:
    copied = [name for word, rest in STAGES if word == "COPY" and "--from" not in rest for name in rest.split()[:-1]]
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert "*" in lines
    assert set(copied) == let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []
