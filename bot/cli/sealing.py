"""`fencun seal`: bring what is stored to the first line of the key file, beside a running bot."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.cli.progress import progress, say
from bot.key_watch import SWITCH_SECONDS
from bot.opening import open_store
from bot.settings import Settings
from bot.store import key_file, seal_record
from bot.store.database import FAILURES, Database, StoreUnusable, explain
from bot.store.key_file import KeysUnusable
from bot.store.migrate import migrate
from bot.store.reseal import Passed, reseal
from bot.store.restore import RestoreRefused, alone, others_at
from bot.store.seal_record import SealRecord
from bot.store.sealed import Keyring

REST_SECONDS = 0.02  # between two batches
WALKS = 20  # through the store; each finds only what came in during the one before
NO_FILE = "没有设置 [privacy] key_file。什么都没有改。请先写上密钥文件的路径，再运行 fencun seal --new-key。"
LOST = "有 {count} 处文字用哪把密钥都解不开，没有动它们，密钥也先都留着。请从备份找回旧的密钥文件，再运行一次。"

Sleep = Callable[[float], Awaitable[None]]


def new_key(settings: Settings) -> int:
    """Put a new key first into the key file and say what comes next; 1 when it was not written."""
    if not settings.privacy.key_file:
        say(NO_FILE)
        return 2
    path = Path(settings.privacy.key_file)
    try:
        existed = path.exists()
        name = key_file.add(path)
    except KeysUnusable as error:
        say(str(error))
        return 1
    where = f"已写到 {path} 的第一行，原来的还在后面" if existed else f"已写到新建的 {path}"
    print(f"新密钥 {name} {where}。")
    print("请另外保存一份，不要和备份放在一起：丢了它，加密的文字谁也读不出来。")
    print("接下来：几台机器就把文件发到每一台；第一次加密要重启机器人；然后运行 fencun seal。")
    return 0


def give_up(settings: Settings, confirmed: Callable[[], bool]) -> int:
    """Empty what no key at hand opens, so that the bot can start again, once `confirmed`; 1 when nothing was done."""
    if not settings.privacy.key_file:
        say(NO_FILE)
        return 2
    try:
        return asyncio.run(_given_up(settings, confirmed))
    except StoreUnusable as error:
        say(str(error))
        return 1


async def _given_up(settings: Settings, confirmed: Callable[[], bool]) -> int:
    database = open_store(settings)
    try:
        return await _emptied(database, _keyring(database), confirmed)
    except FAILURES as error:
        raise StoreUnusable(f"没有做完，再运行一次就接着做。{explain(database.url, error)}") from error
    finally:
        with suppress(*FAILURES):
            await database.close()


async def _emptied(database: Database, keyring: Keyring, confirmed: Callable[[], bool]) -> int:
    if await _in_use(database):
        raise StoreUnusable("机器人正在运行。什么都没有改。请先停掉它的全部进程，再运行。")
    record = await _record(database)
    if record is None or record.keys <= keyring.keys.by_name.keys():
        print("需要的密钥都在，没有丢失的。什么都没有改。")
        return 0
    if not await asyncio.to_thread(confirmed):
        say("什么都没有改。")
        return 1
    passed = await reseal(database, keyring, record, progress("已看过"), lambda: asyncio.sleep(0), give_up=True)
    await _conclude(database, keyring)
    print(f"清空了 {passed.lost} 处解不开的文字。退订、次数、工单编号这些都还在；没发出的消息不再发。")
    return 0


def seal(settings: Settings, sleep: Sleep = asyncio.sleep) -> int:
    """Seal (or open, with `plain` as the first line) everything that is stored; 1 when something is left to do."""
    if not settings.privacy.key_file:
        say(NO_FILE)
        return 2
    try:
        return asyncio.run(_sealed(settings, sleep))
    except StoreUnusable as error:
        say(str(error))
        return 1


async def _sealed(settings: Settings, sleep: Sleep) -> int:
    url = make_url(settings.store.url)
    if url.get_backend_name() == "sqlite" and not await asyncio.to_thread(Path(url.database or "").is_file):
        raise StoreUnusable(f"{url.database} 不存在，没有可加密的。请检查 [store] url。")
    database = open_store(settings)
    try:
        await _refuse_beside_a_bot_without_keys(database)
        await migrate(database)
        return await _brought(database, _keyring(database), sleep)
    except FAILURES as error:
        raise StoreUnusable(f"没有做完，做完的都有效，再运行一次就接着做。{explain(database.url, error)}") from error
    finally:
        with suppress(*FAILURES):
            await database.close()


def _keyring(database: Database) -> Keyring:
    if database.keyring is None:
        raise StoreUnusable(NO_FILE)
    return database.keyring


async def _refuse_beside_a_bot_without_keys(database: Database) -> None:
    """Whoever runs with keys has put them on record. The others could not read what is sealed here."""
    if await _record(database) or not await _in_use(database):
        return
    raise StoreUnusable(
        "机器人正在运行，还没有用上密钥文件。什么都没有改。请先重启机器人（多个进程全部重启），再运行。"
    )


async def _record(database: Database) -> SealRecord | None:
    try:
        async with database.read() as connection:
            record = await seal_record.load(connection)
    except FAILURES:  # no tables yet
        return None
    return record if record.keys else None


async def _in_use(database: Database) -> bool:
    try:
        async with database.read() as connection:
            if await others_at(connection):
                return True
        with alone(database.url):
            return False
    except RestoreRefused:
        return True


async def _brought(database: Database, keyring: Keyring, sleep: Sleep) -> int:
    record = await _record(database)
    if record is None and not keyring.keys.first:
        print("存储里没有加密的文字。现在可以去掉 [privacy] key_file。")
        return 0
    record = record or SealRecord(frozenset(), whole=False)
    passed = await _walked(database, keyring, record, sleep)
    left = keyring.keys.changed / 1e9 + SWITCH_SECONDS - time.time()
    if record.keys - {keyring.keys.first} and left > 0 and await _in_use(database):
        say(f"正在运行的机器人最多 {left:.0f} 秒后改用第一行，等它们一下……")
        await sleep(left)
    passed = await _walked(database, keyring, record, sleep)
    if passed.lost:
        say(LOST.format(count=passed.lost))
        return 1
    await _conclude(database, keyring)
    return 0


async def _walked(database: Database, keyring: Keyring, record: SealRecord, sleep: Sleep) -> Passed:
    """Until a walk finds nothing to do."""
    passed = Passed(0, 0)
    for _ in range(WALKS):
        passed = await reseal(database, keyring, record, progress("已看过"), lambda: sleep(REST_SECONDS))
        if not passed.changed:
            break
        print(f"改好 {passed.changed} 处。")
    return passed


async def _conclude(database: Database, keyring: Keyring) -> None:
    """Only the first key is needed from now on. Who still seals with another one puts that on record again."""
    first = keyring.keys.first
    async with database.write() as connection:
        await seal_record.save(connection, SealRecord(frozenset({first} if first else ()), whole=True))
    await database.scrub()
    if first:
        print(f"全部文字都用密钥 {first} 加密了。别的密钥可以从文件里删掉，但更早的备份还要用它们，请另外保存。")
    else:
        print("全部文字都解密了。现在可以去掉 [privacy] key_file，再重启机器人；更早的备份还要用这些密钥，请另外保存。")
