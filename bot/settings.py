"""The settings: what may be set, with which default, and what stops the start.

A value comes from the environment (`FENCUN_SECTION__KEY`, see bot/environ.py), else from the TOML file, else from the
default here. Every key is a field of a model below; docs/settings.md lists them all.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationError, ValidationInfo
from pydantic import field_validator as check

from bot.environ import CONFIG, Found, Problem, Steps, from_environ, keys
from bot.settings_links import between_sections
from bot.settings_plans import AudienceSetting, ScheduleSetting, TrialSetting, TriggerSetting
from bot.settings_types import (
    AesKey,
    CorpId,
    Count,
    Credential,
    Day,
    Name,
    Named,
    NetworkAddress,
    Number,
    Positive,
    QuietHours,
    Section,
    SocketAddress,
    Spans,
    StoreAddress,
    Token,
    UserIds,
    VectorsPlace,
    WebAddress,
    Whole,
    Zone,
)


class WrongSettings(Exception):
    """The settings cannot be used. The message is Chinese, one line per problem, and never shows a secret."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("设置有问题：\n" + "\n".join(f"- {p.key}：{p.message}" for p in problems))


HOLDS_PASSWORD: dict[str, Any] = {"secret": True}  # the value may hold one: not in repr, and `…_FILE` is read


class Server(Section):
    host: str = "127.0.0.1"
    port: Whole = Field(8080, ge=0, le=65535)
    public_url: WebAddress = ""
    body_limit_kb: Positive = 512
    replay_minutes: Positive = 10  # how old a callback's timestamp may be
    trusted_proxies: tuple[NetworkAddress, ...] = ()  # whose X-Forwarded-For is believed
    metrics_from: tuple[NetworkAddress, ...] = ()  # who may see /metrics, beside this machine
    requests_per_second: Positive = 2000  # of one source; five seconds' worth may come at once
    connections_per_source: Positive = 500
    header_seconds: Number = Field(10, gt=0, le=300)  # until a connection has said what it wants
    body_seconds: Number = Field(10, gt=0, le=300)  # until a callback's body is there


class Store(Section):
    """`pool` and `statement_seconds` are for PostgreSQL alone."""

    url: StoreAddress = Field("sqlite:///var/fencun.db", repr=False, json_schema_extra=HOLDS_PASSWORD)
    pool: Whole = Field(10, ge=2, le=1000)  # connections of one process at most
    statement_seconds: Positive = 30  # how long one statement may take


class App(Section):
    agent_id: Positive
    secret: Credential
    token: Token
    encoding_aes_key: AesKey


class Kf(Section):
    """`accounts` holds open_kfid values; empty means every account that the secret may manage."""

    secret: Credential
    token: Token
    encoding_aes_key: AesKey
    accounts: tuple[Name, ...] = ()
    poll_seconds: Positive = 120
    cold_start_minutes: Count = 10  # without a cursor: answer what is younger than this, import the rest as seen


class Contact(Section):
    secret: Credential
    token: Token
    encoding_aes_key: AesKey


class AiBot(Section):
    """A bot is in exactly one mode (101463): callback has token and key, websocket has bot id and secret."""

    name: Name
    mode: Literal["callback", "websocket"] = "callback"
    display_name: str = ""
    token: Token | None = None
    encoding_aes_key: AesKey | None = None
    bot_id: str = ""
    secret: Credential | None = None
    ws_url: SocketAddress = "wss://openws.work.weixin.qq.com"
    stream_seconds: Whole = Field(330, gt=0, lt=360)  # WeCom closes a stream after six minutes

    @check("display_name")
    @classmethod
    def _named(cls, value: str, info: ValidationInfo) -> str:
        return value or str(info.data.get("name", ""))

    @check("token", "encoding_aes_key", "bot_id", "secret")
    @classmethod
    def _complete(cls, value: SecretStr | str | None, info: ValidationInfo) -> SecretStr | str | None:
        mode = "callback" if info.field_name in ("token", "encoding_aes_key") else "websocket"
        if not value and info.data.get("mode") == mode:
            raise ValueError(f'mode = "{mode}" 时必须填写')
        return value


class GroupRobot(Section):
    name: Name
    key: Credential


class WeCom(Section):
    corp_id: CorpId = ""
    api_base: WebAddress = "https://qyapi.weixin.qq.com"
    proxy: WebAddress = Field("", repr=False, json_schema_extra=HOLDS_PASSWORD)
    connect_timeout: Number = Field(5, gt=0)
    read_timeout: Number = Field(10, gt=0)
    app: App | None = None
    kf: Kf | None = None
    contact: Contact | None = None
    aibots: tuple[AiBot, ...] = ()
    group_robots: tuple[GroupRobot, ...] = ()


class People(Section):
    operators: UserIds = ()
    leads: UserIds = ()
    consultants: UserIds = ()
    names: tuple[Named, ...] = ()  # userid=name: how a colleague is called

    def called(self, colleague: str) -> str:
        """The name of a colleague; the userid where none is given. Userids are case-insensitive at WeCom."""
        pairs = (each.partition("=") for each in self.names)
        return next((name for userid, _, name in pairs if userid.casefold() == colleague.casefold()), colleague)


class Knowledge(Section):
    """`vectors` is a folder or the address of a Chroma server."""

    guides: Path = Path("guides")
    index: Path = Path("var/index")
    vectors: VectorsPlace = "var/chroma"
    embedding: Literal["", "openai", "local"] = ""
    embedding_model: str = ""
    embedding_base_url: WebAddress = ""  # empty: that of the chat model
    embedding_api_key: SecretStr = SecretStr("")

    @check("embedding_model")
    @classmethod
    def _chosen(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("embedding") and not value:
            raise ValueError("选了 embedding 就必须填写模型")
        return value


class Model(Section):
    """Without a name nothing is generated: answers quote the guides."""

    name: str = ""
    base_url: WebAddress = ""
    api_key: SecretStr = SecretStr("")
    timeout_seconds: Number = Field(20, gt=0, le=300)
    rewrite: bool = True
    rerank: bool = True


def _in_one_place(days: tuple[date, ...], other: str, info: ValidationInfo) -> tuple[date, ...]:
    if both := sorted({*days} & {*info.data.get(other, ())}):
        raise ValueError(f"{both[0]} 同时写在 {other} 里，只能写一处")
    return days


class Restraint(Section):
    person_per_day: Count = 1
    person_per_week: Count = 3
    group_per_day: Count = 1
    gap_hours: Number = Field(18, ge=0, le=744)
    quiet: QuietHours = "21:00-09:00"
    value_per_promo: Count = 4
    promo_days_per_month: Count = 1
    repeat_guide_days: Count = 90
    topic_per_week: Count = 2  # of one topic to one person or group
    platform_per_day: Count = 1  # mass messages of one customer or group: WeCom's strictest reading (92135, 96997)
    holidays: Literal["silent", "as_usual"] = "silent"
    silent_days: tuple[Day, ...] = ()  # beside the public holidays
    speaking_days: tuple[Day, ...] = ()  # although they are holidays

    @check("speaking_days")
    @classmethod
    def _silent_or_not(cls, value: tuple[date, ...], info: ValidationInfo) -> tuple[date, ...]:
        return _in_one_place(value, "silent_days", info)


class Posts(Section):
    """What is said unasked beside the weekly guides: Markdown files, and operators' own words for the review.

    `orders` is a CSV of what happened to members, such as deliveries; empty for none.
    """

    folder: Path = Path("posts")
    orders: str = ""


class Handoff(Section):
    """`route`: "named" sends a hand-over to a receiving consultant, "pool" leaves it to WeCom's waiting pool."""

    first_reply_seconds: Positive = 90
    working_hours: Spans = "09:00-12:00,13:00-21:00"
    mood_threshold: Number = Field(0.4, gt=0, lt=1)  # chance of displeasure from which a person is brought in
    weekends: bool = True  # whether colleagues work on weekends; public holidays are closed either way
    ceiling_hours: Number = Field(4, gt=0, le=100)  # of working time: what is not ended by then is told to leads
    urgent_always: bool = True  # danger and fury are paged outside working hours too
    closed_days: tuple[Day, ...] = ()  # beside the public holidays
    open_days: tuple[Day, ...] = ()  # although they are holidays
    route: Literal["named", "pool"] = "named"

    @check("open_days")
    @classmethod
    def _one_of_both(cls, value: tuple[date, ...], info: ValidationInfo) -> tuple[date, ...]:
        return _in_one_place(value, "closed_days", info)


class Privacy(Section):
    """`key_file` holds the keys that seal what people wrote; empty: it is stored as it is."""

    message_retention_days: Positive = 180
    key_file: str = ""


class Observability(Section):
    """`otlp_endpoint` is a collector of OpenTelemetry (OTLP over gRPC); empty: no traces, and nothing is loaded."""

    otlp_endpoint: WebAddress = ""


class Work(Section):
    concurrency: Positive = 16  # conversations drained at the same time
    max_tries: Positive = 5


class Settings(Section):
    """Everything that may be set. `Settings()` is a bot without any channel, enough for what needs no WeCom."""

    timezone: Zone = "Asia/Shanghai"
    server: Server = Server()
    store: Store = Store()
    wecom: WeCom = WeCom()
    people: People = People()
    knowledge: Knowledge = Knowledge()
    model: Model = Model()
    restraint: Restraint = Restraint()
    posts: Posts = Posts()
    handoff: Handoff = Handoff()
    privacy: Privacy = Privacy()
    work: Work = Work()
    observability: Observability = Observability()
    schedules: tuple[ScheduleSetting, ...] = ()
    audiences: tuple[AudienceSetting, ...] = ()
    triggers: tuple[TriggerSetting, ...] = ()
    trials: tuple[TrialSetting, ...] = ()

    def secrets(self) -> frozenset[str]:
        """Every secret value that is set, so that the log can take them out."""
        return frozenset(value for value in _secrets(self) if value)


def _secrets(section: BaseModel) -> Iterator[str]:
    for key in keys(type(section)):
        for value in _values(section, key.path) if key.secret else ():
            if isinstance(value, SecretStr):
                yield value.get_secret_value()
            elif isinstance(value, str):
                yield urlsplit(value).password or ""


def _values(thing: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(thing, tuple):
        for entry in thing:
            yield from _values(entry, path)
    elif path:
        yield from _values(getattr(thing, path[0], None), path[1:])
    else:
        yield thing


def load(config: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings from `config` (else `FENCUN_CONFIG`, else ./fencun.toml where it exists) with `environ` on top.

    Raises WrongSettings with every problem at once.
    """
    written, problems = _read_toml(config, environ.get(CONFIG, ""))
    found = from_environ(Settings, environ)
    data = found.over(written)
    problems += found.problems
    settings = None
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        # Pydantic's own error carries the values, secrets among them: only what _problem takes out goes on.
        problems += [_problem(dict(each), found) for each in error.errors(include_url=False, include_input=False)]
    problems += between_sections(data)
    if settings is None or problems:
        raise WrongSettings(problems)
    return settings


def _read_toml(config: Path | None, named: str) -> tuple[dict[str, Any], list[Problem]]:
    path = config or (Path(named) if named else Path("fencun.toml"))
    if config is None and not named and not path.exists():
        return {}, []
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), []
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        where = f"第 {place[1]} 行第 {place[2]} 列附近" if place else "文件末尾"
        return {}, [Problem(str(path), f"{where}不是正确的 TOML 写法")]
    except RecursionError:
        return {}, [Problem(str(path), "括号套得太深，不是正确的 TOML 写法")]
    except (OSError, UnicodeDecodeError):
        return {}, [Problem(str(path), "读不到这个设置文件（要存在、可读、UTF-8）")]


SAYING = {
    "missing": "缺少，必须填写",
    "int_parsing": "要写成整数",
    "int_type": "要写成整数",
    "int_from_float": "要写成整数",
    "float_parsing": "要写成数字",
    "float_type": "要写成数字",
    "finite_number": "要写成数字",
    "string_type": "要写成文字，用引号括起来",
    "bool_parsing": "要写成 true 或 false",
    "bool_type": "要写成 true 或 false",
    "path_type": "要写成路径，用引号括起来",
    "tuple_type": "要写成列表，用方括号括起来",
    "model_type": "这是一节，要另起一行写成 [节名]",
    "literal_error": "只能是 {expected}",
    "greater_than": "要大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "要小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "value_error": "{error}",
}


def _problem(error: dict[str, Any], found: Found) -> Problem:
    """One pydantic error in our words. Nothing of the value goes in."""
    steps: Steps = error["loc"]
    if error["type"] == "extra_forbidden":
        message = _unknown(steps)
    else:
        message = SAYING.get(error["type"], "写法不对").format(**error.get("ctx", {})).replace(" or ", " 或 ")
    variable = next((name for path, name in found.variables.items() if steps[: len(path)] == path), "")
    return Problem(_dotted(steps), message + (f"（来自 {variable}）" if variable else ""))


def _dotted(steps: Steps) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _unknown(steps: Steps) -> str:
    """The nearest known name: first beside the wrong key, then anywhere."""
    above = tuple(step for step in steps[:-1] if isinstance(step, str))
    name = str(steps[-1])
    beside = {dotted[len(above)] for dotted in _all_paths() if dotted[: len(above)] == above and dotted != above}
    if near := difflib.get_close_matches(name, beside, 1, 0.6):
        return f"没有这个设置项，是不是想写 {'.'.join((*above, near[0]))}？"
    elsewhere = [".".join(path) for path in _all_paths() if path[-1] == name]
    return "没有这个设置项" + (f"，是不是想写 {elsewhere[0]}？" if elsewhere else "")


def _all_paths() -> list[tuple[str, ...]]:
    return [key.path for key in keys(Settings)]
