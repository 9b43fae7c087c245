"""The units for one machine: known settings, secrets as credentials, and little room to do harm."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.environ import keys
from bot.settings import Settings
from tests.deploy.files import DEPLOY, unit

SERVICES = ("fencun.service", "fencun-backup.service")
UNITS = (*SERVICES, "fencun-backup.timer")


@pytest.mark.parametrize("name", SERVICES)
def test_every_secret_is_a_credential_of_a_known_setting(name: str) -> None:
    lines = unit(name)
    known = {key.variable for key in keys(Settings) if key.secret}
    credentials = {value.partition(":")[0] for key, value in lines if key == "LoadCredential"}
    files = dict(re.findall(r"(FENCUN_\w+)_FILE=%d/(\w+)", "\n".join(value for key, value in lines)))
    assert set(files) <= known
    assert set(files.values()) == credentials
    assert credentials


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_nobody_in_particular_and_sees_little(name: str) -> None:
    lines = dict(unit(name))
    assert lines["User"] == "fencun"
    assert lines["CapabilityBoundingSet"] == ""
    for key in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "RestrictSUIDSGID", "ProtectKernelModules"):
        assert lines[key] == "yes", key
    assert lines["ProtectSystem"] == "strict"


def test_the_bot_is_started_again_whatever_happened() -> None:
    lines = dict(unit("fencun.service"))
    assert (lines["Restart"], lines["StartLimitIntervalSec"]) == ("always", "0")
    assert int(lines["TimeoutStopSec"]) > 10  # its own grace at the stop


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Where there is a systemd; its programs lie elsewhere here."""
    verify = shutil.which("systemd-analyze")
    for name in UNITS:
        written = (DEPLOY / name).read_text(encoding="utf-8")
        assert name.endswith(".timer") or "/opt/fencun/.venv/bin/fencun" in written
        (tmp_path / name).write_text(written.replace("/opt/fencun/.venv/bin/fencun", "/bin/true"), encoding="utf-8")
    if verify is not None:
        paths = [str(tmp_path / name) for name in UNITS]
        done = subprocess.run(
            [verify, "verify", "--man=no", *paths], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
