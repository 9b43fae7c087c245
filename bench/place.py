"""A temporary folder with the sample guides' index, and the settings of a bot that keeps its data in it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.sandbox.run import SAMPLE_GUIDES, settings_for
from bot.sandbox.standin import StandIn
from bot.sandbox.world import Customer, Employee, Limits, World

PEOPLE = 2000


class Place:
    """`root` holds the index, which all runs share, and one new folder per run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "log"
        self._runs = 0

    def run(self, standin_url: str) -> tuple[Path, dict[str, str]]:
        """A new database file's path, and the environment of a bot with an app and a kf account that uses it."""
        self._runs += 1
        folder = self.root / f"run{self._runs}"
        folder.mkdir()
        standin = StandIn(people())
        standin.base_url = standin_url
        return folder / "fencun.db", _environ(standin, folder, self.root)


@contextmanager
def place() -> Iterator[Place]:
    with TemporaryDirectory(prefix="fencun-bench-", ignore_cleanup_errors=True) as name:
        made = Place(Path(name))
        # In a process of its own, as always: Chroma's folder bears one process only.
        index = (sys.executable, "-m", "bot", "index")
        subprocess.run(index, env={**os.environ, **made.run("http://127.0.0.1:1")[1]}, check=True, capture_output=True)
        yield made


def people() -> World:
    """The demo company with many members and customers, and without WeCom's limits: the bot shall be the limit."""
    world = World.demo()
    world.employees = [Employee(f"user{number:04}", f"同事{number}") for number in range(PEOPLE)]
    world.customers = [Customer(f"wmBench{number:04}", f"客户{number}") for number in range(PEOPLE)]
    world.limits = Limits(api_per_minute=10**9, member_per_minute=10**9, member_per_hour=10**9)
    return world


def _environ(standin: StandIn, folder: Path, root: Path) -> dict[str, str]:
    wecom: Any = settings_for(standin, folder, SAMPLE_GUIDES, 0)["wecom"]
    values = {
        "server__port": 0,
        "store__url": f"sqlite:///{folder / 'fencun.db'}",
        "knowledge__guides": SAMPLE_GUIDES,
        "knowledge__index": root / "index",
        "knowledge__vectors": root / "chroma",
        "wecom__corp_id": wecom["corp_id"],
        "wecom__api_base": wecom["api_base"],
        **{f"wecom__app__{name}": value for name, value in wecom["app"].items()},
        **{f"wecom__kf__{name}": value for name, value in wecom["kf"].items()},
    }
    shown = {name: json.dumps(value) if isinstance(value, list) else str(value) for name, value in values.items()}
    return {"FENCUN_CONFIG": os.devnull, **{f"FENCUN_{name.upper()}": value for name, value in shown.items()}}
