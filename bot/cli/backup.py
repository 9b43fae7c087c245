"""`fencun backup` and `fencun restore`: the store into one file, beside a running bot, and back into an empty place."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import restoring
from bot.alarm import Alarm
from bot.cli.progress import progress, say
from bot.clock import Clock, SystemClock
from bot.opening import open_store
from bot.settings import Settings
from bot.store import marks, seal_record
from bot.store.backup import BackupFailed, BackupFile, BackupUnusable, Header, back_up
from bot.store.database import FAILURES, Database, StoreUnusable, explain
from bot.store.queues import BACKUP
from bot.store.restore import RestoreRefused, alone, restore

NOT_INSIDE = "不在里面、要另外保存的：设置文件、密钥文件、指南和定时内容的文件夹。"


def backup(settings: Settings, to: Path, clock: Clock | None = None) -> int:
    """Write the store into the new file `to`; the exit code is 1 when there is no backup."""
    try:
        header = asyncio.run(_backed_up(settings, to, (clock or SystemClock()).now()))
    except (BackupFailed, StoreUnusable) as error:
        say(str(error))
        return 1
    size = to.stat().st_size / 1024 / 1024
    print(f"已备份到 {to}：{header.total} 行，{size:.1f} MB，{_local(header.at, settings)} 的样子。")
    print(f"里面有会员的个人数据，只有您能读，请妥善保管，用不着时删除。{NOT_INSIDE}")
    return 0


async def _backed_up(settings: Settings, to: Path, now: datetime) -> Header:
    url = make_url(settings.store.url)
    if url.get_backend_name() == "sqlite" and not await asyncio.to_thread(Path(url.database or "").is_file):
        raise BackupFailed(f"{url.database} 不存在，没有可备份的。请检查 [store] url。")
    database = Database.connect(settings.store.url)
    try:
        header = await back_up(database, to, now, progress("已备份"))
    except FAILURES as error:
        raise BackupFailed(f"没有备份。{explain(database.url, error)}") from error
    else:
        await _note(database, now)
        return header
    finally:
        await database.close()


async def _note(database: Database, now: datetime) -> None:
    """For /metrics. A store that takes no writes has been backed up all the same."""
    with suppress(*FAILURES):
        async with database.write() as connection:
            await marks.set_mark(connection, BACKUP, True, now)


@dataclass(frozen=True, slots=True)
class Wanted:
    """`stopped` is when the bot whose store is lost stopped, as it was typed; nothing: perhaps only now."""

    file: Path
    force: bool
    stopped: str | None


def bring_back(settings: Settings, wanted: Wanted, clock: Clock | None = None) -> int:
    """Fill the store from a backup; the exit code is 1 when nothing was restored, 2 for a wrong `stopped`."""
    clock = clock or SystemClock()
    try:
        stopped = _stopped(wanted.stopped, settings, clock.now())
    except ValueError:
        say("--stopped 要写成过去的一个时间，例如 2026-11-23T10:30。没有恢复任何内容。")
        return 2
    try:
        file = BackupFile(wanted.file)
        try:
            say("正在检查备份……")
            header = file.check()
            report = asyncio.run(_restored(settings, clock, _Plan(file, header, wanted.force, stopped)))
        finally:
            file.close()
    except (BackupUnusable, RestoreRefused, StoreUnusable) as error:
        say(str(error))
        return 1
    print(report)
    return 0


@dataclass(frozen=True, slots=True)
class _Plan:
    file: BackupFile
    header: Header
    force: bool
    stopped: datetime | None


def _stopped(typed: str | None, settings: Settings, now: datetime) -> datetime | None:
    if typed is None:
        return None
    found = datetime.fromisoformat(typed)
    aware = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(settings.timezone))
    if aware > now:
        raise ValueError("in the future")
    return aware


async def _restored(settings: Settings, clock: Clock, plan: _Plan) -> str:
    database = open_store(settings)
    told: list[str] = []

    async def afterwards(connection: AsyncConnection) -> None:
        await seal_record.agree(connection, database.keyring.keys if database.keyring else None)
        told.append(await _settle(settings, connection, plan, clock.now()))

    try:
        with alone(database.url):
            await restore(
                database,
                plan.file,
                plan.header,
                force=plan.force,
                progress=progress("已恢复"),
                afterwards=afterwards,
            )
    finally:
        with suppress(*FAILURES):
            await database.close()
    return f"{told[0]}\n接下来：fencun check，然后 fencun serve。索引会照指南重新生成。"


async def _settle(settings: Settings, connection: AsyncConnection, plan: _Plan, now: datetime) -> str:
    made = plan.header.at
    done = f"存储已从备份恢复：{plan.header.total} 行，{_local(made, settings)} 的样子。"
    if plan.stopped is not None and plan.stopped <= made:
        return f"{done}\n您说备份之后机器人没有再运行过，所以一切照原样继续。"
    as_of = plan.stopped or max(now, made)
    quiet = await restoring.quieten(connection, made, as_of, now)
    text = _report(done, quiet, _local(as_of, settings), _local(made, settings))
    await restoring.tell(connection, _alarm(settings), text, now)
    return text


def _alarm(settings: Settings) -> Alarm:
    app, people = settings.wecom.app, settings.people
    return Alarm(str(app.agent_id) if app else "", people.operators, people.consultants, people.leads)


def _report(done: str, quiet: restoring.Quietened, as_of: str, made: str) -> str:
    return (
        f"{done}\n{made} 到 {as_of} 之间发生的事，这里都不知道：\n"
        "· 这段时间里的退订、少发、静音、删除数据的要求丢失了，请照聊天记录补上；\n"
        "· 工单、接手、情绪暂停、审批也停在备份那一刻，请核对；\n"
        f"· 主动推送先停 {restoring.REST.days} 天，核对好以后发 /resume 提前恢复；\n"
        f"· {quiet.posts} 条定时内容和 {quiet.parts} 条消息可能已经送到，不再发送；"
        f"{quiet.items} 条来信可能已经答过，不再回答；\n"
        f"· {as_of} 之前的微信客服消息会重新记下，但不再回答，也请看一眼有没有人在等。"
    )


def _local(at: datetime, settings: Settings) -> str:
    return f"{at.astimezone(ZoneInfo(settings.timezone)):%Y-%m-%d %H:%M}"
