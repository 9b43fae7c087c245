"""What single values of the settings may look like. A wrong one raises ValueError in Chinese, without the value."""

import re
from collections.abc import Callable
from datetime import date, datetime
from ipaddress import ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from scheduler.conflicts import AUDIENCE
from scheduler.posts import parse_recipient
from scheduler.rules import Quiet
from scheduler.timetable import parse_every


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True)


def matching(pattern: str, otherwise: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def match(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(otherwise)
        return value

    return match


def _secret(pattern: str, otherwise: str) -> Callable[[SecretStr], SecretStr]:
    match = matching(pattern, otherwise)

    def match_secret(value: SecretStr) -> SecretStr:
        match(value.get_secret_value())
        return value

    return match_secret


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port is no number, or a bracket is missing
        good = False
    if value and not good:
        raise ValueError("要写成 http:// 或 https:// 开头的完整地址")
    return value.rstrip("/")


def _vectors_place(value: str) -> str:
    """A folder, or a Chroma server. A name is looked at when it is resolved, an address here."""
    if not value.startswith(("http://", "https://")):
        return value
    host = urlsplit(_web_address(value)).hostname or ""
    try:
        public = not ip_address(host).is_private
    except ValueError:  # a name
        public = False
    if public:
        raise ValueError("Chroma 服务没有登录保护，只能填内网或本机地址，不能是公网地址")
    return value.rstrip("/")


def _store_address(value: str) -> str:
    good = bool(re.fullmatch(r"sqlite:///.+|postgresql(\+asyncpg)?://.+", value))
    if not good or not (value.startswith("sqlite") or _server_address(value)):
        raise ValueError(
            "要写成 sqlite:///文件路径 或 postgresql://用户:密码@主机/库名，"
            "密码里的 @ : / # ? % 要写成百分号编码（例如 @ 写成 %40）"
        )
    return value


def _server_address(value: str) -> bool:
    """Whether there is one way to read it. Where there are two, one takes a part of the password for the host, and the
    host is shown."""
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - slow to load, and not needed on SQLite
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    password = value.partition("://")[2].partition(":")[2]  # and all behind it
    try:
        parts, read = urlsplit(value), make_url(value)
        host, port = parts.hostname or "", parts.port
    except (ValueError, ArgumentError):  # the port is no number; the text of the error may hold the password
        return False
    same = (host.casefold(), port) == ((read.host or "").casefold(), read.port)
    return bool(host) and port != 0 and same and password.count("@") <= 1


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("没有这个时区，请写 IANA 名称，例如 Asia/Shanghai") from None
    return value


def _spans(value: str) -> str:
    """`HH:MM-HH:MM`, several joined by commas; a span may cross midnight and is never empty."""
    for span in value.split(","):
        found = re.fullmatch(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)", span.strip())
        if not found or found[1] == found[2]:
            raise ValueError("要写成 HH:MM-HH:MM，例如 09:00-12:00")
    return value.replace(" ", "")


def _quiet(value: str) -> str:
    Quiet.parse(value)
    return value


def _every(value: str) -> str:
    parse_every(value)
    return value


def _recipient(value: str) -> str:
    if not value.startswith(AUDIENCE):
        parse_recipient(value)
    elif not value.removeprefix(AUDIENCE).strip():
        raise ValueError("audience: 后面要写受众的名字，例如 audience:辅食期")
    return value


def _no_bool(value: object) -> object:
    """A slip must not read as 0 or 1."""
    if isinstance(value, bool):
        raise ValueError("要写成数字，不是 true 或 false")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


def _day(value: object) -> object:
    """A number would pass as seconds since 1970."""
    written = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip())
    try:
        return date.fromisoformat(value.strip()) if written and isinstance(value, str) else _only_a_day(value)
    except ValueError:
        raise ValueError("要写成日期，例如 2026-10-08") from None


def _only_a_day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("no day")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


def _network(value: str) -> str:
    try:
        network = ip_network(value.strip())
    except ValueError:
        raise ValueError("要写成网段，例如 10.0.0.0/8；单个地址写 10.0.0.5") from None
    if network.prefixlen == 0:
        raise ValueError("不能是全部地址，请写出具体网段")
    return str(network)


def _named(value: str) -> str:
    userid, _, name = (word.strip() for word in value.partition("="))
    if not userid or not name:
        raise ValueError("要写成 账号=称呼，例如 lihua=李华")
    return f"{userid.casefold()}={name}"


def _folded(value: tuple[str, ...]) -> tuple[str, ...]:
    """WeCom user ids do not tell upper from lower case (90664)."""
    return tuple(userid.strip().casefold() for userid in value)


# A present secret, WeCom's Token (≤ 32 letters and digits) and EncodingAESKey (43 letters and digits), both 90968.
Credential = Annotated[SecretStr, AfterValidator(_secret(r"\S+", "不能留空，也不能有空格"))]
Token = Annotated[SecretStr, AfterValidator(_secret(r"[A-Za-z0-9]{1,32}", "要 1 到 32 位字母或数字"))]
AesKey = Annotated[SecretStr, AfterValidator(_secret(r"[A-Za-z0-9]{43}", "要正好 43 位字母或数字"))]
Name = Annotated[
    str, AfterValidator(matching(r"[A-Za-z0-9_\-\u4e00-\u9fff]+", "只能用汉字、字母、数字、下划线和短横线"))
]
CorpId = Annotated[str, AfterValidator(matching(r"[A-Za-z0-9_\-]*", "只能是字母和数字，例如 ww 开头的企业ID"))]
SocketAddress = Annotated[str, AfterValidator(matching(r"wss?://[^/\s]+\S*", "要以 wss:// 开头"))]
StoreAddress = Annotated[str, AfterValidator(_store_address)]
Zone = Annotated[str, AfterValidator(_zone)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Spans = Annotated[str, AfterValidator(_spans)]
QuietHours = Annotated[str, AfterValidator(_quiet)]
Rule = Annotated[str, AfterValidator(_every)]
RecipientAddress = Annotated[str, AfterValidator(_recipient)]  # or "audience:<name>"
Day = Annotated[date, BeforeValidator(_day)]
Named = Annotated[str, AfterValidator(_named)]
VectorsPlace = Annotated[str, AfterValidator(_vectors_place)]
NetworkAddress = Annotated[str, AfterValidator(_network)]
UserIds = Annotated[tuple[str, ...], AfterValidator(_folded)]
Whole = Annotated[int, BeforeValidator(_no_bool)]
Words = Annotated[str | int, BeforeValidator(_no_bool)]
Number = Annotated[float, BeforeValidator(_no_bool)]
Count = Annotated[Whole, Field(ge=0)]
Positive = Annotated[Whole, Field(gt=0)]
