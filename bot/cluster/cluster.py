"""What a process that is not alone has beside the store."""

import os
import socket
from dataclasses import dataclass

from bot.cluster.session import Session
from bot.cluster.subject_locks import SubjectLocks
from bot.process_role import ProcessRole
from bot.settings import Settings
from bot.store.database import Database


@dataclass(frozen=True)
class Cluster:
    """Built where the store is PostgreSQL, however many processes there are."""

    session: Session
    subject_locks: SubjectLocks

    async def close(self) -> None:
        await self.session.stop()
        await self.subject_locks.close()


def cluster_of(settings: Settings, database: Database, role: ProcessRole) -> Cluster | None:
    """None on SQLite, which bears one process. Opens nothing yet."""
    if database.url.get_backend_name() != "postgresql":
        return None
    application = f"fencun {role} {socket.gethostname()}:{os.getpid()}"[:63]
    return Cluster(Session(database.url, application), SubjectLocks(database.url, settings.work.concurrency + 2))
