"""What WeCom says about these settings: secrets, trusted IP, customer-service accounts, callback addresses, the clock.

Only calls that change nothing. Long connections are left alone (WeCom keeps one per bot: a second would end the bot's
own), and so are group robots (whatever we asked of one would show in its group).
"""

import asyncio
import re
import secrets as randomness
from collections.abc import Awaitable
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp
from pydantic import SecretStr
from yarl import URL

from bot.clock import Clock
from bot.doctor import Finding
from bot.errors import NeedsOperator, SendError, TryLater
from bot.settings import App, Contact, Kf, Settings, WeCom
from bot.wecom import api
from bot.wecom.client import WeComClient
from bot.wecom.crypto import Crypto

CLOCK_OFF = 60  # seconds; callbacks and tokens bear minutes, but people see posts come late
SHORT = aiohttp.ClientTimeout(total=5)  # WeCom itself waits that long for a callback's answer (90930)
NO_ANSWER = "检查网络、[wecom] api_base 和 proxy，稍后再试"

# Path below public_url, the callback's Token and EncodingAESKey, and whom it is meant for.
Callback = tuple[str, SecretStr, SecretStr, str]


async def examine_live(settings: Settings, clock: Clock) -> tuple[Finding, ...]:
    """Ask WeCom and our own public address; every check stands alone, none raises."""
    wecom = settings.wecom
    async with aiohttp.ClientSession() as session:
        client = _client(session, wecom, clock)
        checks: list[Awaitable[list[Finding]]] = [_time(session, wecom, clock)]
        if wecom.app:
            checks.append(_app(client, wecom.app))
        if wecom.contact:
            checks.append(_contact(client, wecom.contact))
        if wecom.kf:
            checks.append(_kf(client, wecom.kf))
        checks += [_callback(session, settings.server.public_url, each, clock) for each in _callbacks(wecom)]
        found = await asyncio.gather(*checks)
    return (*(finding for group in found for finding in group), *_left_alone(wecom))


def _client(session: aiohttp.ClientSession, wecom: WeCom, clock: Clock) -> WeComClient:
    timeouts = aiohttp.ClientTimeout(
        total=wecom.connect_timeout + wecom.read_timeout, connect=wecom.connect_timeout, sock_read=wecom.read_timeout
    )
    return WeComClient(session, wecom.api_base, wecom.corp_id, clock, wecom.proxy or None, timeouts)


async def _time(session: aiohttp.ClientSession, wecom: WeCom, clock: Clock) -> list[Finding]:
    """How far this machine's clock is from WeCom's, by the Date of whatever it answers."""
    proxy = wecom.proxy or None
    try:
        async with session.get(wecom.api_base, proxy=proxy, timeout=SHORT, allow_redirects=False) as answer:
            theirs = _date(answer.headers.get("Date", ""))
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return [Finding("企业微信接口", False, "连不上", NO_ANSWER)]
    off = round((clock.now() - theirs).total_seconds()) if theirs else 0
    if abs(off) > CLOCK_OFF:
        return [Finding("企业微信接口", False, f"连得上，但本机时钟差 {off} 秒", "打开系统的网络对时（NTP）")]
    return [Finding("企业微信接口", True, "连得上" + ("，时钟一致" if theirs else ""))]


def _date(header: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(header)
    except ValueError:
        return None
    return found if found.tzinfo else None


async def _app(client: WeComClient, app: App) -> list[Finding]:
    """`agent/get` (90227) proves the secret, the trusted IP and the agent id at once."""
    try:
        answer = await client.call(app.secret.get_secret_value(), "GET", "agent/get", params={"agentid": app.agent_id})
    except SendError as error:
        return [_failed("自建应用", error)]
    if answer.get("close"):
        return [Finding("自建应用", False, "应用已停用", "管理后台 → 应用管理 → 自建应用，启用它")]
    return [Finding("自建应用", True, f"“{answer.get('name', '')}”可用")]


async def _contact(client: WeComClient, contact: Contact) -> list[Finding]:
    """`get_follow_user_list` (92571): who may contact customers."""
    secret = contact.secret.get_secret_value()
    try:
        answer = await client.call(secret, "GET", "externalcontact/get_follow_user_list", family="mass")
    except SendError as error:
        return [_failed("客户联系", error)]
    count = len(answer.get("follow_user") or ())
    what_to_do = "" if count else "管理后台 → 客户联系 → 权限配置，把同事加进使用范围"
    return [Finding("客户联系", bool(count), f"{count} 位同事可以联系客户", what_to_do)]


async def _kf(client: WeComClient, kf: Kf) -> list[Finding]:
    """The accounts (94661): which we may manage, and whether somebody receives there."""
    calls = api.Kf(client, kf.secret.get_secret_value())
    try:
        seen = {account.open_kfid: account for account in await calls.account_list()}
    except SendError as error:
        return [_failed("微信客服", error)]
    known = "、".join(f"{account.open_kfid}（{account.name}）" for account in seen.values()) or "一个也没有"
    wanted = kf.accounts or tuple(seen)
    if not wanted:
        return [Finding("微信客服", False, "没有客服账号", "管理后台 → 微信客服，先建一个客服账号")]
    return [
        await _kf_account(calls, seen[each])
        if each in seen
        else Finding(f"客服账号 {each}", False, "没有这个账号", f"改 [wecom.kf] accounts，能看到的账号：{known}")
        for each in wanted
    ]


async def _kf_account(calls: api.Kf, account: api.Account) -> Finding:
    name = f"客服账号“{account.name}”"
    if not account.manageable:
        where = "管理后台 → 微信客服 → API → 通过API管理微信客服账号，把这个账号交给本应用"
        return Finding(name, False, "没有交给本应用管理", where)
    try:
        servicers = await calls.servicer_list(account.open_kfid)
    except SendError as error:
        return _failed(name, error)
    receiving = sum(servicer.receiving for servicer in servicers)
    message = f"接待人员 {len(servicers)} 位，{receiving} 位正在接待"
    if not servicers:
        return Finding(name, None, message, "转人工需要接待人员：管理后台 → 微信客服 → 客服账号 → 接待人员")
    what_to_do = "" if receiving else "现在转人工没有人接；下班时间属于正常情况"
    return Finding(name, True if receiving else None, message, what_to_do)


def _failed(name: str, error: SendError) -> Finding:
    """A refused call in Chinese. WeCom writes the address it saw into its text (60020)."""
    seen = re.search(r"from ip:\s*([0-9a-fA-F.:]+)", str(error))
    address = f"，看到的出口 IP 是 {seen[1].rstrip('.,:')}" if seen else ""
    if isinstance(error, NeedsOperator):
        return Finding(name, False, f"企业微信不接受（{error.errcode}）{address}", error.what_to_do)
    if isinstance(error, TryLater):
        return Finding(name, False, f"没有得到回答（{error.errcode or '网络'}）", NO_ANSWER)
    return Finding(name, False, f"企业微信拒绝了（{error.errcode}）", "按错误码查企业微信的「全局错误码」文档")


def _callbacks(wecom: WeCom) -> list[Callback]:
    """Every callback address these settings serve. An AI bot's messages name no receiver (101033)."""
    sections = (("app", wecom.app), ("kf", wecom.kf), ("contact", wecom.contact))
    found = [
        (f"/wecom/{name}", section.token, section.encoding_aes_key, wecom.corp_id)
        for name, section in sections
        if section
    ]
    found += [
        (f"/wecom/aibot/{bot.name}", bot.token, bot.encoding_aes_key, "")
        for bot in wecom.aibots
        if bot.token and bot.encoding_aes_key and bot.mode == "callback"
    ]
    return found


async def _callback(session: aiohttp.ClientSession, public_url: str, callback: Callback, clock: Clock) -> list[Finding]:
    """Ask the address what WeCom asks when it is saved: an encrypted word, to be answered plain (90930)."""
    path, token, aes_key, receive_id = callback
    name = f"回调 {path}"
    if not public_url:
        return [Finding(name, None, "没有试", "填上 [server] public_url 再试")]
    word = randomness.token_hex(8)
    crypto = Crypto(token.get_secret_value(), aes_key.get_secret_value(), receive_id)
    sealed = crypto.seal(word, int(clock.now().timestamp()), randomness.token_hex(4))
    query = {
        "msg_signature": sealed.signature,
        "timestamp": str(sealed.timestamp),
        "nonce": sealed.nonce,
        "echostr": sealed.encrypt,
    }
    try:
        url = URL(public_url + path).with_query(query)
        async with session.get(url, timeout=SHORT, allow_redirects=False) as answer:
            status, said = answer.status, (await answer.content.read(4096)).decode("utf-8", "replace")
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return [Finding(name, False, "连不上", f"从外网打开 {public_url}{path} 试试：域名、证书、反向代理、防火墙")]
    if status == 200 and said == word:
        return [Finding(name, True, "应答正确")]
    return [Finding(name, False, *_wrong_answer(status, said, word))]


def _wrong_answer(status: int, said: str, word: str) -> tuple[str, str]:
    if status == 200 and word in said:
        return "应答里多了别的字符", "反向代理不能改动应答内容（引号、换行、页面外壳）"
    if status == 404:
        return "没有这个地址（404）", "检查反向代理的路径，以及服务是否用同一份设置启动"
    if status in (400, 401, 403):
        return f"被拒绝（{status}）", "服务要用同一份 corp_id、token 和 encoding_aes_key 启动；反向代理不能要求登录"
    return f"应答不对（HTTP {status}）", "确认服务正在运行，public_url 指向它"


def _left_alone(wecom: WeCom) -> list[Finding]:
    sockets = [
        Finding(f"智能机器人“{bot.name}”", None, "长连接，不在这里试", "同时只能有一条连接；断开不再重连会通知运营")
        for bot in wecom.aibots
        if bot.mode == "websocket"
    ]
    robots = [
        Finding(f"群机器人“{robot.name}”", None, "没有试", "试发会打扰群成员；看第一次推送的结果")
        for robot in wecom.group_robots
    ]
    return sockets + robots
