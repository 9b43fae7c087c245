"""What lies in deploy/, read as what it is."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(text("compose.yaml"))
    return read


def bots() -> dict[str, dict[str, Any]]:
    """The services that run the bot itself."""
    return {name: each for name, each in compose()["services"].items() if each["image"].startswith("fencun:")}


def locked(package: str) -> str:
    """The version that the lock names."""
    found = re.search(rf"^{package}==(\S+)", (ROOT / "requirements.lock.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """(word, rest) of each instruction, continued lines joined."""
    bare = "\n".join(line for line in dockerfile.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", bare)
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in joined.splitlines()]


def unit(name: str) -> list[tuple[str, str]]:
    """(key, value) of each line of a systemd unit, in order."""
    lines = [line for line in text(name).splitlines() if "=" in line and not line.startswith("#")]
    return [(key, value) for key, _, value in (line.partition("=") for line in lines)]
