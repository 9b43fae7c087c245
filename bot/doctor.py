"""What stands between these settings and a bot that works. Looks, changes nothing, and says what to do.

The checks of this machine are here; what WeCom and the callback addresses say is in bot/doctor_live.py.
"""

import asyncio
import os
import shutil
import socket
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
from sqlalchemy.engine import URL, make_url

from bot.settings import Server, Settings, WeCom
from bot.store import postgresql, shape
from bot.store.database import Database, StoreUnusable
from bot.store.migrate import known, newest
from bot.store.shape import Shape
from knowledge.embeddings.places import on_server
from knowledge.embeddings.remote import Server as ChromaServer
from knowledge.embeddings.vectors import VectorsFailed
from knowledge.guides import read_folder
from knowledge.indexing import generation
from knowledge.indexing.generation import NoIndex
from knowledge.indexing.index import outdated
from knowledge.search.lexical import Lexical

LITTLE_DISK = 200 * 1024 * 1024  # bytes; below, the store may stop within days
SHOWN_REJECTED = 3
SHOWN_CLOSED = 3
# Moved away first: even `restore --force` cannot write into a damaged file.
RESTORE = "停止服务，移走这个文件（连同 -wal、-shm），再运行 fencun restore 备份文件"
OWNER = "用表的所有者账号运行 fencun migrate（docs/operations.md 的 PostgreSQL 一节）"
NEWER = "用写它的那个版本；要留在这个版本，换一个空的数据库，再用升级前的备份运行 fencun restore 备份文件"
GRANT = "用表的所有者账号 GRANT 读写的权限（docs/operations.md 的 PostgreSQL 一节）"
# Where each process has a folder of its own, the settings that are looked at here may name one that none of them uses.
OWN_INDEX = (
    "运行 fencun index 生成。有多个进程时每个 worker 和 clock 各有自己的文件夹（FENCUN_KNOWLEDGE__INDEX），"
    "启动时自己生成，这里只看了当前设置的这一个：请带上那个进程的 FENCUN_KNOWLEDGE__INDEX 再运行 fencun check"
)
EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - read here, not bound


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: good, bad, or (None) not tried or worth a glance. The texts are Chinese."""

    name: str
    ok: bool | None
    message: str
    what_to_do: str = ""


async def examine(settings: Settings, now: datetime) -> tuple[Finding, ...]:
    """Everything that can be seen from this machine alone. `now` is aware."""
    return (
        channels(settings.wecom),
        people(settings),
        guides(settings.knowledge.guides),
        index(settings.knowledge.guides, settings.knowledge.index),
        *await vectors(settings.knowledge.vectors),
        clock(settings.timezone, now),
        await store(settings.store.url),
        disk(_existing(settings.knowledge.index)),
        await port(settings.server),
    )


def channels(wecom: WeCom) -> Finding:
    """Which channels the settings set up."""
    sections = (("自建应用", wecom.app), ("微信客服", wecom.kf), ("客户联系", wecom.contact))
    found = [label for label, section in sections if section]
    found += [f"智能机器人“{bot.name}”" for bot in wecom.aibots]
    found += [f"群机器人“{robot.name}”" for robot in wecom.group_robots]
    if found:
        return Finding("设置", True, "、".join(found))
    return Finding("设置", None, "没有设置任何渠道", "参考 fencun.example.toml 填写；只想试用的话运行 fencun sandbox")


def people(settings: Settings) -> Finding:
    """Whether somebody hears of hand-overs and troubles."""
    known = settings.people
    missing = [label for label, who in (("运营", known.operators), ("顾问", known.consultants)) if not who]
    counts = f"运营 {len(known.operators)} 人，顾问 {len(known.consultants)} 人，主管 {len(known.leads)} 人"
    if not missing:
        return Finding("同事", True, counts)
    return Finding("同事", None, counts, f"在 [people] 里填上{'和'.join(missing)}的 userid，否则没有人收到通知")


def guides(folder: Path) -> Finding:
    """Whether the guides can be read, and which files cannot."""
    try:
        read, rejected = read_folder(folder)
    except OSError:
        return Finding("指南", False, f"读不到文件夹 {folder}", "检查 [knowledge] guides 和文件夹的权限")
    message = f"{len(read)} 份" + (f"，另有 {len(rejected)} 份没有收录" if rejected else "")
    reasons = "；".join(f"{one.name}：{one.reason}" for one in rejected[:SHOWN_REJECTED])
    return Finding("指南", bool(read), message, reasons if rejected or read else "放入带 title 的 .md 文件")


def index(guides_folder: Path, root: Path) -> Finding:
    """Whether the generation in use opens, and whether it is still what the guides say."""
    name = generation.current(root)
    try:
        manifest = generation.load_manifest(root / name) if name else None
        if manifest:
            generation.load(root / name)
            Lexical.open(root / name / "lexical")
    except (NoIndex, OSError, ValueError):
        return Finding("索引", False, f"{name} 打不开", "运行 fencun index 重新生成")
    if manifest is None:
        return Finding("索引", False, f"当前设置的文件夹 {root} 里还没有", OWN_INDEX)
    message = f"{name}，{manifest.passages} 个段落"
    if manifest.vectors_reason:
        return Finding("索引", None, f"{message}，没有向量：{manifest.vectors_reason}", "运行 fencun index 再试一次")
    if outdated(guides_folder, root):
        return Finding("索引", None, f"{message}，指南后来有改动", "运行 fencun index 更新")
    return Finding("索引", True, message)


async def vectors(place: str) -> tuple[Finding, ...]:
    """Whether the Chroma server answers; nothing where the vectors are in a folder."""
    if not on_server(place):
        return ()
    try:
        await asyncio.to_thread(ChromaServer(place).now)
    except VectorsFailed as error:
        what_to_do = "启动 Chroma 服务，或检查 [knowledge] vectors；在那之前只用字词检索"
        return (Finding("向量服务", False, str(error), what_to_do),)
    return (Finding("向量服务", True, f"{place} 有应答"),)


def clock(zone: str, now: datetime) -> Finding:
    """What time it is for the tenant. Only a person can tell whether it is right; `--live` asks WeCom."""
    local = now.astimezone(ZoneInfo(zone))
    return Finding("时钟", True, f"{local:%Y-%m-%d %H:%M}（{zone}，UTC{local:%z}）")


async def store(url: str) -> Finding:
    """Whether the store can be written and has a shape to start with and, for SQLite, whether its file is whole."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return await asyncio.to_thread(_sqlite, Path(parsed.database or ""))
    return await _server_store(url, parsed)


def _sqlite(path: Path) -> Finding:
    folder = _existing(path.parent)
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("数据库", False, f"{folder} 不能写", "检查文件夹的权限，或改 [store] url")
    if not path.exists():
        return Finding("数据库", True, f"{path} 还没有，第一次启动时生成")
    if not os.access(path, os.R_OK | os.W_OK):
        return Finding("数据库", False, f"{path} 不能读写", "检查文件的权限")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=5)) as connection:
            said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            found = shape.in_file(connection) if said == "ok" else Shape("")
    except sqlite3.OperationalError as error:
        return Finding("数据库", False, f"{path} 打不开（{error}）", "检查文件的权限和磁盘空间")
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        return Finding("数据库", False, f"{path} 已损坏（{said}）", RESTORE)
    size = path.stat().st_size / 1024 / 1024
    return _wrong_shape(str(path), found) or Finding("数据库", True, f"{path}，{size:.1f} MB，文件完好")


async def _server_store(url: str, parsed: URL) -> Finding:
    where = postgresql.where(parsed)
    try:
        database = Database.connect(url)
    except (StoreUnusable, ImportError) as error:
        return Finding("数据库", False, f"{where}：{error}", "检查 [store] url 和数据库驱动")
    try:
        await database.check()
        found = await shape.on_server(database)
    except StoreUnusable as error:
        return Finding("数据库", False, str(error), "检查 [store] url、网络和数据库账号")
    finally:
        await database.close()
    return _wrong_shape(where, found) or Finding("数据库", True, f"{where} 可以写")


def _wrong_shape(where: str, found: Shape) -> Finding | None:
    """What lies between the store's shape and the one that this version needs; None where nothing does."""
    if found.revision and not known(found.revision):
        what = f"{where} 的结构（{found.revision}）不是这个版本认识的，机器人不会启动"
        return Finding("数据库", False, what, NEWER)
    if found.revision == newest():
        names = "、".join(found.closed[:SHOWN_CLOSED])
        what = f"{where} 里有 {len(found.closed)} 张表不让当前账号读写（{names} 等）"
        return Finding("数据库", False, what, GRANT) if found.closed else None
    if not found.may_change:
        what = f"的结构（{found.revision}）比这个版本旧" if found.revision else "里没有分寸的表"
        return Finding("数据库", False, f"{where} {what}，当前账号又不能建表和改表，机器人不会启动", OWNER)
    if not found.revision:
        return Finding("数据库", True, f"{where} 里还没有表，第一次启动时生成")
    what = f"{where} 的结构是 {found.revision}，下一次启动时改成这个版本的 {newest()}"
    return Finding("数据库", None, what, "在那之前运行 fencun backup 备份")


def disk(folder: Path) -> Finding:
    """Whether there is room where the index lies."""
    free = shutil.disk_usage(folder).free
    message = f"还有 {free / 1024**3:.1f} GB"
    return Finding("磁盘", free >= LITTLE_DISK, message, "" if free >= LITTLE_DISK else "清理磁盘，至少留出 1 GB")


async def port(server: Server) -> Finding:
    """Whether we could listen, or already do."""
    where = f"{server.host}:{server.port}"
    try:
        family, _, _, _, address = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        if server.port and await _is_ours(server):
            return Finding("端口", True, f"{where}，分寸正在运行")
        return Finding(
            "端口", False, f"{where} 不能监听（{error.strerror}）", "换一个 [server] port，或停掉占用它的程序"
        )
    return Finding("端口", True, f"{where} 空着")


async def _is_ours(server: Server) -> bool:
    host = "127.0.0.1" if server.host in EVERYWHERE else server.host
    timeout = aiohttp.ClientTimeout(total=3)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://{host}:{server.port}/healthz") as answer,
        ):
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return False


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.is_dir())
