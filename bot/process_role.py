"""What a process does: one does everything, or several share it on one PostgreSQL."""

from enum import StrEnum


class ProcessRole(StrEnum):
    """`fencun serve --role`. `web` takes callbacks in and works on nothing, `worker` drains conversations and sends,
    `clock` calls what looks at the store now and then, `all` does the three."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"
    CLOCK = "clock"

    @property
    def takes_in(self) -> bool:
        return self in (ProcessRole.ALL, ProcessRole.WEB)

    @property
    def works(self) -> bool:
        return self in (ProcessRole.ALL, ProcessRole.WORKER)

    @property
    def ticks(self) -> bool:
        return self in (ProcessRole.ALL, ProcessRole.CLOCK)
