"""Keeps the library open, has it rebuilt in a process of its own, and opens a new generation between two questions.

Bulk writes to embedded Chroma stop an event loop, and its folder bears one process only: so the builder is another
process, and this one only reads.
"""

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from math import nan
from pathlib import Path
from typing import Any

import structlog

from bot.alarm import Alarm
from bot.build_report import guides_named, reason
from bot.effects import REINDEX
from bot.environ import PREFIX
from bot.models import assistant_of, embedder_of, embedding_access
from bot.part import part_id
from bot.settings import Settings
from bot.store import marks
from bot.store.database import Database
from bot.transaction import Transactions
from bot.vector_watch import VectorWatch
from knowledge.embeddings.places import Place, on_server, place_of
from knowledge.indexing import generation
from knowledge.indexing.generation import NoIndex
from knowledge.library import Library
from knowledge.model.chat import Assistant, ModelUnusable
from knowledge.types import Answer, Guide, Line

log = structlog.get_logger()

NOT_READY = "我的资料还在准备，暂时答不了。需要的话回复“转人工”，我请同事来帮您。"
LONGEST_REPORT = 1500  # characters of the builder's report that an operator is shown
NEVER = "never"
SERVER_SECONDS = 60.0  # between two looks for a Chroma server that was away when the index was built
GLANCE_SECONDS = 0.3  # between two looks at what a builder has put in use: its report takes longer than a new guide
BUILDER_NICENESS = 10  # of the builder: those who ask come first


class Librarian:
    """Open it once; ask it any number of times at once."""

    def __init__(self, settings: Settings, database: Database, transactions: Transactions, alarm: Alarm) -> None:
        self._settings = settings
        self._database = database
        self._transactions = transactions
        self._alarm = alarm
        self._place = place_of(settings.knowledge.vectors)
        self._looked_for_server = -SERVER_SECONDS
        self._library: Library | None = None
        self._building = asyncio.Lock()
        self._assistant: Assistant | None = None
        self._unusable = ""  # why there is no assistant though a model is set; told once
        self._rebuilt: str | None = None  # the request that was seen to last
        self._vector_watch = VectorWatch()
        self.not_built = ""  # why the last build made no index, without a word of a guide; empty after one that did
        self._repaired = ""  # the generation whose vectors have been rebuilt once: no endless rebuilding

    @property
    def library(self) -> Library | None:
        """The generation in use; None until one could be opened."""
        return self._library

    @property
    def guides(self) -> Sequence[Guide]:
        return self._library.guides if self._library else ()

    def built_at(self) -> float:
        """When the index in use was built, in seconds since 1970. Raises OSError where there is none."""
        index = self._settings.knowledge.index
        return (index / self._current() / "manifest.json").stat().st_mtime

    def vectors_up(self) -> float:
        """1 while vectors take part in answers, 0 while words answer alone; not a number without a library."""
        return nan if self._library is None else float(self._library.vectors_ok)

    async def answer(
        self, question: str, history: Sequence[Line], today: date, so_far: Callable[[str], None] | None = None
    ) -> Answer:
        """What the library has to say; without a library, an honest refusal. `so_far` is shown a text that grows."""
        if self._library is None:
            return Answer(NOT_READY, refused=True)
        return await self._library.answer(question, history, today, so_far=so_far)

    async def quoted(self, question: str, today: date) -> Answer:
        """What the guides say without any model, for asking many questions that nobody waits for."""
        if self._library is None:
            return Answer(NOT_READY, refused=True)
        return await asyncio.to_thread(self._library.quoted, question, today)

    async def open(self) -> None:
        """Open the index in use; build it first where there is none. Never raises: the bot can hand over without."""
        if self._current() and await self._open():
            return
        log.info("index_building")
        await self._build()
        if not await self._open():
            log.warning("no_library", why=self.not_built)

    async def look(self) -> None:
        """Do what is asked for: a rebuild by command, one that broken vectors need, a generation made by others."""
        async with self._database.read() as connection:
            asked = await marks.get_mark(connection, REINDEX)
        if self._wanted(asked):
            await self._rebuild_for(asked)
        elif self._library is None or self._library.generation != self._current():
            await self._open()
        elif self._library.needs_rebuild and self._repaired != self._library.generation:
            self._repaired = self._library.generation
            log.warning("vectors_broken", generation=self._library.generation)
            # The builder needs the folder's lock; until the new one is open, the lexical side answers alone.
            await asyncio.to_thread(self._library.close)
            await self._build()
            await self._open()
        elif self._library.missed_server and await self._server_is_back():
            await self._build()
            await self._open()
        await self._vector_watch.look(self._library)

    def close(self) -> None:
        if self._library is not None:
            self._library.close()
            self._library = None

    async def _server_is_back(self) -> bool:
        """Whether the Chroma server answers that was away at the build; asked once a minute."""
        now = asyncio.get_running_loop().time()
        if now - self._looked_for_server < SERVER_SECONDS:
            return False
        self._looked_for_server = now
        return await asyncio.to_thread(self._place.answers)

    def _current(self) -> str:
        return generation.current(self._settings.knowledge.index)

    def _wanted(self, asked: Any) -> bool:
        """Whether a rebuild was asked for that this process has not made: each machine has an index of its own.

        One that was done before this process started needs no doing again.
        """
        if asked is None:
            self._rebuilt = self._rebuilt or NEVER
            return False
        if self._rebuilt is None and asked["done"]:
            self._rebuilt = asked["request"]
        return bool(asked["request"] != self._rebuilt)

    async def _rebuild_for(self, asked: Any) -> None:
        building = asyncio.create_task(self._build())
        try:
            while not building.done():
                await asyncio.wait({building}, timeout=GLANCE_SECONDS)
                if self._library is None or self._library.generation != self._current():
                    await self._open()
        finally:
            building.cancel()  # a shutdown; one that is done does not mind
        code, report = await building
        head = "索引已更新。" if code == 0 else "索引没有更新成功，仍在用原来的。"
        text = f"{head}\n{report[:LONGEST_REPORT]}".strip()
        self._rebuilt, person = asked["request"], asked["asked_by"]
        async with self._transactions.begin() as transaction:
            await marks.set_mark(transaction.connection, REINDEX, {**asked, "done": True}, transaction.now)
            if self._alarm.able:
                id_ = part_id("reindexed", asked["request"])  # of several processes the first one tells
                await transaction.enqueue([self._alarm.notice(person, text, id_, transaction.now)])

    async def _open(self) -> bool:
        knowledge = self._settings.knowledge
        # The old one goes first: two clients of one Chroma folder in a process disturb each other.
        if self._library is not None and self._library.generation == self._current():
            await asyncio.to_thread(self.close)
        await self._prepare_assistant()
        try:
            opened = await opened_beside(
                self._library,
                knowledge.index,
                self._place,
                embedder=partial(embedder_of, self._settings),
                assistant=self._assistant,
            )
        except NoIndex as error:
            log.warning("no_index", why=str(error))
            return False
        before, self._library = self._library, opened
        if before is not None:
            await asyncio.to_thread(before.close)
        log.info("library_open", generation=opened.generation, guides=len(opened.guides), vectors=opened.vectors_ok)
        return True

    @property
    def assistant(self) -> Assistant | None:
        """The chat model, where one is set and usable."""
        return self._assistant

    async def _prepare_assistant(self) -> None:
        """Load the chat model's libraries, once and off the loop. Without it the bot quotes, and operators are told."""
        if self._assistant is not None or self._unusable:
            return
        try:
            self._assistant = await asyncio.to_thread(assistant_of, self._settings)
        except ModelUnusable as error:
            self._unusable = str(error)
            log.error("model_unusable", why=self._unusable)  # noqa: TRY400 - the name is wrong, no defect to trace
            async with self._transactions.begin() as transaction:
                text = f"设置里的对话模型用不了，现在只引用指南原文：{self._unusable}"
                await transaction.enqueue(self._alarm.raised("model", text, transaction.now))

    async def _build(self) -> tuple[int, str]:
        """`fencun index` in a process of its own; its exit code and what it said. Why it failed is logged and kept."""
        async with self._building:
            try:
                code, report = await _built(self._settings)
            except (OSError, RuntimeError) as error:  # no right to start it, no process or thread left
                why = error.strerror if isinstance(error, OSError) else ""
                code, report = os.EX_OSERR, f"建索引的进程没能启动：{why or type(error).__name__}。"
        self.not_built = reason(report) if code else ""
        if code:
            log.warning("index_not_built", code=code, why=self.not_built, guides=guides_named(report))
        return code, report


async def _built(settings: Settings) -> tuple[int, str]:
    """The builder's exit code and what it said. Raises OSError or RuntimeError where it could not be started."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "index"),
        env=_builder_environ(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process.pid, BUILDER_NICENESS)
    try:
        said, failed = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    report = (said if process.returncode == 0 else failed).decode("utf-8", "replace")
    return process.returncode or 0, report.strip()


async def opened_beside(before: Library | None, index: Path, vectors: Path | Place, **settings: Any) -> Library:
    """`Library.open` in a thread. Raises NoIndex.

    Meanwhile no garbage is looked for, and afterwards not in what was opened: with that many new objects each look
    would stop the loop.
    """
    gc.disable()
    try:
        return await asyncio.to_thread(Library.open, index, vectors, before=before, **settings)
    finally:
        gc.freeze()
        gc.enable()


def _builder_environ(settings: Settings) -> dict[str, str]:
    """This process's settings for the builder: it needs nothing but the three places and the embedding.

    Of ours it gets no other variable: half a section, whose rest stands in the file, would stop it.
    """
    knowledge = settings.knowledge
    base_url, api_key = embedding_access(settings)
    folder = Path(knowledge.vectors)
    told = {
        "FENCUN_CONFIG": os.devnull,
        "FENCUN_KNOWLEDGE__GUIDES": str(knowledge.guides.absolute()),
        "FENCUN_KNOWLEDGE__INDEX": str(knowledge.index.absolute()),
        "FENCUN_KNOWLEDGE__VECTORS": knowledge.vectors if on_server(knowledge.vectors) else str(folder.absolute()),
        "FENCUN_KNOWLEDGE__EMBEDDING": knowledge.embedding,
        "FENCUN_KNOWLEDGE__EMBEDDING_MODEL": knowledge.embedding_model,
        "FENCUN_KNOWLEDGE__EMBEDDING_BASE_URL": base_url,
        "FENCUN_KNOWLEDGE__EMBEDDING_API_KEY": api_key,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | told
