"""What the doctor sees on this machine, and what it makes of WeCom's answers."""

import socket
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import doctor
from bot.cli.doctor import check, look, table, width
from bot.clock import MovableClock
from bot.doctor import Finding
from bot.doctor_live import examine_live
from bot.settings import People, Server, Settings, WeCom
from bot.wecom.crypto import Crypto
from knowledge.indexing.index import build

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
SEALED = {"token": "QDG6eK", "encoding_aes_key": KEY}
GUIDE = "---\ntitle: 沙发怎么选\ntopic: styling\n---\n# 沙发怎么选\n\n先量墙面的长度，再量门的宽度。\n"


def folder_with(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def test_guides_are_counted_and_rejected_files_named_with_their_reason(tmp_path: Path) -> None:
    good = doctor.guides(folder_with(tmp_path / "a", sofa=GUIDE))
    assert (good.ok, good.message) == (True, "1 份")
    mixed = doctor.guides(folder_with(tmp_path / "b", sofa=GUIDE, bad="没有抬头"))
    assert mixed.ok
    assert "bad.md" in mixed.what_to_do
    assert doctor.guides(folder_with(tmp_path / "c")).ok is False
    assert doctor.guides(tmp_path / "none").ok is False


def test_the_index_is_missing_then_good_then_old_then_broken(tmp_path: Path) -> None:
    guides, root = folder_with(tmp_path / "guides", sofa=GUIDE), tmp_path / "index"
    missing = doctor.index(guides, root)
    assert missing.ok is False
    assert str(root) in missing.message
    assert "FENCUN_KNOWLEDGE__INDEX" in missing.what_to_do  # of several processes each has its own
    built = build(guides, root, tmp_path / "chroma")
    assert doctor.index(guides, root).ok is True
    folder_with(guides, rug=GUIDE.replace("沙发", "地毯"))
    assert doctor.index(guides, root).ok is None
    (root / built.generation / "passages.json").write_text("[", encoding="utf-8")
    broken = doctor.index(guides, root)
    assert broken.ok is False
    assert "fencun index" in broken.what_to_do


def test_the_clock_is_shown_on_the_tenants_side() -> None:
    assert doctor.clock("Asia/Shanghai", NOW).message == "2026-11-23 10:00（Asia/Shanghai，UTC+0800）"


async def test_a_store_that_does_not_exist_yet_is_good_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "var" / "fencun.db"
    assert (await doctor.store(f"sqlite:///{path}")).ok
    assert not path.parent.exists()


async def test_a_broken_store_is_told_with_the_way_back(tmp_path: Path) -> None:
    path = tmp_path / "fencun.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE kept (word TEXT)")
        connection.executemany("INSERT INTO kept VALUES (?)", [("x" * 500,)] * 200)
    connection.close()
    assert (await doctor.store(f"sqlite:///{path}")).ok
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    broken = await doctor.store(f"sqlite:///{path}")
    assert broken.ok is False
    assert broken.what_to_do.endswith("fencun restore 备份文件")
    assert "移走" in broken.what_to_do  # `restore --force` cannot write into a damaged file either


async def test_a_port_that_somebody_else_holds_is_told(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        holder.close()
        assert (await doctor.port(Server(port=taken))).ok
    async with TestServer(_answering({"/healthz": "ok"})) as server:
        assert "正在运行" in (await doctor.port(Server(port=server.port or 0))).message
    async with TestServer(_answering({})) as server:
        assert (await doctor.port(Server(port=server.port or 0))).ok is False


def test_missing_colleagues_and_channels_are_worth_a_glance() -> None:
    assert doctor.people(Settings()).ok is None
    assert doctor.people(Settings(people=People(operators=("a",), consultants=("b",)))).ok is True
    assert doctor.channels(WeCom()).ok is None


def _answering(texts: dict[str, str]) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        if request.path not in texts:
            raise web.HTTPNotFound
        return web.Response(text=texts[request.path])

    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    return app


class Company:
    """WeCom and our own public address on one port: paths to JSON answers, and what callbacks do with the word."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {
            "gettoken": {"errcode": 0, "access_token": "T", "expires_in": 7200},
            "agent/get": {"errcode": 0, "name": "分寸", "close": 0},
            "externalcontact/get_follow_user_list": {"errcode": 0, "follow_user": ["li"]},
            "kf/account/list": {"errcode": 0, "account_list": [_account("wk1", True)]},
            "kf/servicer/list": {"errcode": 0, "servicer_list": [{"userid": "li", "status": 0}]},
        }
        self.say: Callable[[str], str] = lambda word: word
        self.date = NOW
        self.address = ""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/cgi-bin/{path:.+}", self._api)
        app.router.add_get("/wecom/{path:.+}", self._callback)
        app.router.add_get("/", self._home)
        return app

    async def _api(self, request: web.Request) -> web.Response:
        return web.json_response(self.answers[request.match_info["path"]])

    async def _home(self, _request: web.Request) -> web.Response:
        return web.Response(headers={"Date": format_datetime(self.date, usegmt=True)})

    async def _callback(self, request: web.Request) -> web.Response:
        receiver = "" if "aibot" in request.path else "wwcorp"
        query = request.query
        word = Crypto("QDG6eK", KEY, receiver).open(
            query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"]
        )
        return web.Response(text=self.say(word))

    def settings(self, **more: Any) -> Settings:
        wecom = {
            "corp_id": "wwcorp",
            "api_base": self.address,
            "app": {"agent_id": 1, "secret": "s1", **SEALED},
            "kf": {"secret": "s2", **SEALED},
            "contact": {"secret": "s3", **SEALED},
            "aibots": [
                {"name": "小分", **SEALED},
                {"name": "长连", "mode": "websocket", "bot_id": "b", "secret": "s"},
            ],
            "group_robots": [{"name": "群", "key": "k"}],
            **more,
        }
        return Settings.model_validate({"server": {"public_url": self.address}, "wecom": wecom})


def _account(open_kfid: str, manageable: bool) -> dict[str, Any]:
    return {"open_kfid": open_kfid, "name": "家居顾问", "manage_privilege": manageable}


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    made = Company()
    async with TestServer(made.app()) as server:
        made.address = f"http://127.0.0.1:{server.port}"
        yield made


async def live(company: Company, **more: Any) -> dict[str, Finding]:
    found = await examine_live(company.settings(**more), MovableClock(NOW, frozen=True))
    return {finding.name: finding for finding in found}


async def test_a_company_where_everything_is_right_has_nothing_wrong(company: Company) -> None:
    found = await live(company)
    assert [finding for finding in found.values() if finding.ok is False] == []
    assert found["企业微信接口"].message == "连得上，时钟一致"
    assert found["自建应用"].ok
    assert found["客服账号“家居顾问”"].message == "接待人员 1 位，1 位正在接待"
    assert all(found[f"回调 /wecom/{path}"].ok for path in ("app", "kf", "contact", "aibot/小分"))
    assert found["智能机器人“长连”"].ok is None
    assert found["群机器人“群”"].ok is None


async def test_an_untrusted_ip_is_told_with_the_address_and_the_place_to_click(company: Company) -> None:
    company.answers["agent/get"] = {
        "errcode": 60020,
        "errmsg": "not allow to access from your ip, hint: [1700], from ip: 203.0.113.9, more info at https://open.work",
    }
    finding = (await live(company))["自建应用"]
    assert finding.ok is False
    assert "203.0.113.9" in finding.message
    assert "企业可信IP" in finding.what_to_do


async def test_a_wrong_secret_is_told_and_never_shown(company: Company) -> None:
    company.answers["gettoken"] = {"errcode": 40001, "errmsg": "invalid credential s1"}
    found = await live(company)
    assert [found[name].ok for name in ("自建应用", "客户联系", "微信客服")] == [False, False, False]
    assert "Secret" in found["自建应用"].what_to_do
    assert "s1" not in table(found.values())


async def test_a_kf_account_must_be_ours_to_manage(company: Company) -> None:
    company.answers["kf/account/list"]["account_list"] = [_account("wk1", False)]
    finding = (await live(company))["客服账号“家居顾问”"]
    assert finding.ok is False
    assert "通过API管理微信客服账号" in finding.what_to_do


async def test_a_kf_account_that_does_not_exist_is_told_with_those_that_do(company: Company) -> None:
    kf = {"secret": "s2", **SEALED, "accounts": ["wk9"]}
    finding = (await live(company, kf=kf))["客服账号 wk9"]
    assert finding.ok is False
    assert "wk1" in finding.what_to_do


async def test_nobody_receiving_is_worth_a_glance_after_hours(company: Company) -> None:
    company.answers["kf/servicer/list"]["servicer_list"] = [{"userid": "li", "status": 1}]
    assert (await live(company))["客服账号“家居顾问”"].ok is None


async def test_an_answer_in_quotes_is_no_answer(company: Company) -> None:
    company.say = lambda word: f'"{word}"'
    finding = (await live(company))["回调 /wecom/app"]
    assert (finding.ok, finding.message) == (False, "应答里多了别的字符")


async def test_a_clock_that_is_off_is_told(company: Company) -> None:
    company.date = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
    finding = (await live(company))["企业微信接口"]
    assert finding.ok is False
    assert "-300 秒" in finding.message


async def test_nothing_answering_is_told_and_does_not_stop_the_other_checks(company: Company) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        company.address = f"http://127.0.0.1:{free.getsockname()[1]}"
    found = await live(company)
    assert [found[name].ok for name in ("企业微信接口", "自建应用", "回调 /wecom/app")] == [False, False, False]


async def test_callbacks_are_not_tried_without_a_public_address(company: Company) -> None:
    settings = company.settings().model_copy(update={"server": Server()})
    found = {finding.name: finding for finding in await examine_live(settings, MovableClock(NOW, frozen=True))}
    assert found["回调 /wecom/app"].ok is None


async def test_live_findings_come_after_those_of_this_machine(company: Company, tmp_path: Path) -> None:
    settings = company.settings()
    here = await look(settings, False, MovableClock(NOW, frozen=True))
    both = await look(settings, True, MovableClock(NOW, frozen=True))
    assert [finding.name for finding in both][: len(here)] == [finding.name for finding in here]
    assert len(both) > len(here)


def test_the_table_stands_straight_and_says_what_to_do() -> None:
    text = table(
        [Finding("索引", True, "好"), Finding("port", False, "占用", "换一个"), Finding("回调", None, "没有试")]
    )
    assert text.splitlines() == ["✓ 索引  好", "✗ port  占用", "        → 换一个", "– 回调  没有试"]
    assert width("索引ab") == 6


def test_the_exit_code_tells_whether_something_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(server=Server(port=0))
    assert check(settings, live=False) == 1
    assert "✗ 指南" in capsys.readouterr().out
    folder_with(tmp_path / "guides", sofa=GUIDE)
    build(tmp_path / "guides", tmp_path / "var" / "index", tmp_path / "var" / "chroma")
    assert check(settings, live=False) == 0
    assert "没有发现问题" in capsys.readouterr().out
