"""Processor time by component: what a machine of its own would need for each."""

import os
import resource
from pathlib import Path

from bench.site.daemons import cpu_seconds
from bench.site.site import Site


def burnt(site: Site) -> dict[str, float]:
    """CPU seconds so far of what runs now; a process that was killed takes its own with it.

    "load and stand-in" is the bench itself.
    """
    found: dict[str, float] = {}
    for name, role in site.shape.names:
        found[role] = found.get(role, 0.0) + _of(site.bots[name].pid)
    for name, daemon in (("nginx", site.balancer), ("chroma", site.chroma)):
        if daemon is not None:
            found[name] = sum(map(_of, [daemon.pid, *_children(daemon.pid)]))
    if site.postgres_pid:
        found["postgresql"] = sum(map(_of, [site.postgres_pid, *_children(site.postgres_pid)]))
    own = resource.getrusage(resource.RUSAGE_SELF)
    return found | {"load and stand-in": own.ru_utime + own.ru_stime}


def _children(pid: int) -> list[int]:
    return [int(each) for each in os.listdir("/proc") if each.isdigit() and _parent(int(each)) == pid] if pid else []


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _of(pid: int) -> float:
    try:
        return cpu_seconds(pid) if pid else 0.0
    except OSError:
        return 0.0
