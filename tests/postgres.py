"""A PostgreSQL of our own for the tests: a server per worker in a temporary folder, and a database per test.

The server listens on a free port of loopback and syncs nothing. A test's database is a copy of one that is migrated.
`@pytest.mark.both_stores` runs a test on SQLite and on PostgreSQL; STORE_UNDER_TEST=postgresql runs every house on the
latter.
"""

import asyncio
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bot.store.database import Database
from bot.store.migrate import migrate

MISSING = "no PostgreSQL here: on Debian `apt-get install postgresql` (its own server need not run)"
PASSWORD = "only-for-this-test-run"
PROGRAMS = Path("/usr/lib/postgresql")  # Debian keeps each version's in a folder of its own, not in the PATH
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "logging_collector": "off",
}


def programs() -> Path | None:
    """The folder of the newest server that is installed."""
    found = [path.parent for path in PROGRAMS.glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0)
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@dataclass
class Server:
    """A server that runs. `url` names a database on it; its superuser is `postgres`."""

    folder: Path
    programs: Path
    options: Mapping[str, str] = field(default_factory=lambda: FAST)
    port: int = field(default_factory=_free_port)
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str, user: str = "postgres", password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        given: list[str | Path] = [word for name, value in self.options.items() for word in ("-c", f"{name}={value}")]
        given += ["-D", self.folder / "data", "-p", str(self.port), "-k", self.folder]
        command = [self.programs / "postgres", *given]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=_die_with_parent, **_nobody())  # noqa: PLW1509
        for _ in range(200):
            try:
                return self.execute("SELECT 1")
            except (OSError, asyncpg.CannotConnectNowError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text())

    def stop(self) -> None:
        """At once, as in a crash: every connection is cut."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def restart(self) -> None:
        self.stop()
        self.start()

    def execute(self, statement: str, database: str = "postgres") -> None:
        """One statement as superuser; usable inside and outside of a running loop."""

        async def run() -> None:
            connection = await asyncpg.connect(self.url(database), timeout=5)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        _aside(run)

    def make(self, template: str = "migrated") -> str:
        """A new database as a copy of `template` ("template0": empty) and its name."""
        name = f"test{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def make_template(self) -> None:
        async def run() -> None:
            database = Database.connect(self.url("migrated"))
            await migrate(database)
            await database.close()

        self.execute("CREATE DATABASE migrated")
        _aside(run)


@dataclass(frozen=True)
class Postgres:
    """A migrated database of one test's own."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def execute(self, statement: str) -> None:
        self.server.execute(statement, self.name)


@contextmanager
def running(found: Path, options: Mapping[str, str] = FAST) -> Iterator[Server]:
    """A fresh server with the migrated template."""
    with tempfile.TemporaryDirectory(prefix="fencun-postgres-") as name:
        server = Server(Path(name), found, options)
        password = server.folder / "password"
        password.write_text(PASSWORD)
        if owner := _nobody().get("user"):
            for path in (server.folder, password):
                os.chown(path, owner, -1)
        made = ["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256", f"--pwfile={password}", "-N"]
        command = [found / "initdb", "-D", server.folder / "data", *made]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **_nobody())
        server.start()
        try:
            server.make_template()
            yield server
        finally:
            server.stop()


def _aside(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run in a loop of its own, beside one that may be running here."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()


def _nobody() -> dict[str, Any]:
    """Whom a server started by root runs as: it refuses to run as root."""
    if os.getuid() != 0:
        return {}
    user = next((each for each in pwd.getpwall() if each.pw_name == "postgres"), None) or pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _die_with_parent() -> None:
    """A test run that is killed leaves no server behind (PR_SET_PDEATHSIG, Linux)."""
    if hasattr(ctypes.CDLL(None), "prctl"):
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server per worker of the test run."""
    assert threading.current_thread() is threading.main_thread(), "a server ends with the thread that started it"
    if (found := programs()) is None:
        pytest.skip(MISSING)
    with running(found) as server:
        yield server


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[Postgres]:
    """A migrated database for this test alone."""
    made = Postgres(postgres_server, postgres_server.make())
    yield made
    postgres_server.drop(made.name)


@pytest.fixture
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store of the kind the test asks for: SQLite (not made yet) or PostgreSQL (migrated)."""
    kind = getattr(request, "param", os.environ.get("STORE_UNDER_TEST", "sqlite"))
    if kind == "postgresql":
        made: Postgres = request.getfixturevalue("postgres")
        return made.url
    return f"sqlite:///{tmp_path / 'fencun.db'}"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_stores: the rule holds on SQLite and on PostgreSQL")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = metafunc.definition.get_closest_marker("both_stores")
    if marked and "store_url" in metafunc.fixturenames:
        metafunc.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
