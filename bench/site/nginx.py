"""nginx in front of the web processes, as deploy/nginx.conf has it: what one has not answered, the other is asked."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.site.daemons import Daemon
from tests.deploy.proxying import MISSING, configured


def nginx(folder: Path, port: int, webs: Sequence[int]) -> Daemon:
    """A balancer on `port` before two webs, its files in `folder`. FileNotFoundError where nginx is not installed."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")  # Debian keeps it out of users' PATH
    if found is None:
        raise FileNotFoundError(MISSING)
    own = folder / "nginx"
    own.mkdir()
    command = [found, "-p", own, "-c", configured(own, port, webs), "-g", "daemon off;"]
    return Daemon("nginx", command, folder / "nginx.log")
