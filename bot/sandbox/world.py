"""What exists in the stand-in's WeCom: the corp, its app, accounts, bots, robots, colleagues, customers and limits."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Literal


@dataclass(slots=True)
class AppSeat:
    """The self-built app. `root_visible`: may it create group chats (else 48002)? `closed`: an admin disabled it."""

    agent_id: int
    secret: str
    token: str
    aes_key: str
    root_visible: bool = True
    closed: bool = False


@dataclass(slots=True)
class KfAccount:
    """A customer-service account; `managed` is false while the admin has not handed it to the app."""

    open_kfid: str
    name: str
    managed: bool = True


@dataclass(slots=True)
class KfSeat:
    """WeChat customer service (微信客服)."""

    secret: str
    token: str
    aes_key: str
    accounts: list[KfAccount]


@dataclass(slots=True)
class ContactSeat:
    """Customer contact (客户联系): events about contacts, mass tasks, customer groups."""

    secret: str
    token: str
    aes_key: str


@dataclass(slots=True)
class AiBot:
    """An AI bot (智能机器人). `name` is the bot's name in our settings and URL, `display_name` what people see."""

    name: str
    display_name: str
    token: str = ""
    aes_key: str = ""
    mode: Literal["callback", "websocket"] = "callback"
    bot_id: str = ""
    secret: str = ""


@dataclass(slots=True)
class GroupRobot:
    """A webhook into one internal group."""

    name: str
    key: str
    display_name: str = ""


@dataclass(slots=True)
class Employee:
    userid: str
    name: str


@dataclass(slots=True)
class Servicer:
    """A colleague who receives customers. Not `receiving`: 95019; not `activated`: 95014."""

    userid: str
    name: str
    receiving: bool = True
    activated: bool = True


@dataclass(slots=True)
class Customer:
    """A WeChat user. `followers` are the colleagues who have him as a contact, the most recent chat first.

    `tags` are the ids of the corp tags that each of them set.
    """

    external_userid: str
    nickname: str
    followers: list[str] = field(default_factory=list)
    tags: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class CustomerGroup:
    """A customer group (客户群); `members` are external ids."""

    chat_id: str
    name: str
    owner: str
    members: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Limits:
    """WeCom's own ceilings (90312 and the page of each call). What no document states is marked."""

    api_per_minute: int = 10_000
    member_per_minute: int = 30
    member_per_hour: int = 1_000
    webhook_per_minute: int = 20
    chat_per_minute: int = 30  # AI bot over the long connection, per chat
    chat_per_hour: int = 1_000
    sync_without_token_per_minute: int = 100  # "strict"; the number is not published
    stream_seconds: int = 360  # long connection; newer texts say 600
    mass_cap: Literal["month", "week", "day"] = "month"
    dispatch_seconds: int = 0  # how long get_groupmsg_* answers 41063 after a task is made; not published


@dataclass(slots=True)
class World:
    """Everything the stand-in is configured by. `bot_url` is where our own bot listens, without a closing slash."""

    corp_id: str
    app: AppSeat
    kf: KfSeat
    contact: ContactSeat
    aibots: list[AiBot] = field(default_factory=list)
    group_robots: list[GroupRobot] = field(default_factory=list)
    employees: list[Employee] = field(default_factory=list)
    servicers: list[Servicer] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    customer_groups: list[CustomerGroup] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    bot_url: str = "http://127.0.0.1:8080"

    @classmethod
    def demo(cls, bot_url: str = "http://127.0.0.1:8080", *, seed: str = "fencun") -> "World":
        """A small company. The same seed makes the same keys, so a restarted demo fits its settings."""
        return cls(
            corp_id="ww" + _word(seed, "corp", 16).lower(),
            app=AppSeat(1000002, *_three(seed, "app")),
            kf=KfSeat(*_three(seed, "kf"), accounts=[KfAccount("wkFencunDemo01", "分寸客服")]),
            contact=ContactSeat(*_three(seed, "contact")),
            aibots=_demo_bots(seed),
            group_robots=[GroupRobot("weekly", _word(seed, "robot", 36), "每周小贴士")],
            employees=_demo_employees(),
            servicers=[Servicer("lihua", "李华"), Servicer("zhaomin", "赵敏", receiving=False)],
            customers=_demo_customers(),
            customer_groups=[
                CustomerGroup("wrDemoGroup01", "宝妈交流1群", "lihua", ["wmDemoChen", "wmDemoLin"]),
                CustomerGroup("wrDemoGroup02", "穿搭分享群", "zhaomin", ["wmDemoZhou"]),
            ],
            bot_url=bot_url,
        )

    def account(self, open_kfid: str) -> KfAccount | None:
        return next((one for one in self.kf.accounts if one.open_kfid == open_kfid), None)

    def aibot(self, name: str) -> AiBot:
        """The bot of that name; KeyError when there is none."""
        found = next((one for one in self.aibots if one.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def employee(self, userid: str) -> Employee | None:
        """User ids are case-insensitive (90196)."""
        return next((one for one in self.employees if one.userid.casefold() == userid.casefold()), None)

    def servicer(self, userid: str) -> Servicer | None:
        return next((one for one in self.servicers if one.userid == userid), None)

    def customer(self, external_userid: str) -> Customer | None:
        return next((one for one in self.customers if one.external_userid == external_userid), None)

    def group(self, chat_id: str) -> CustomerGroup | None:
        return next((one for one in self.customer_groups if one.chat_id == chat_id), None)


def _demo_bots(seed: str) -> list[AiBot]:
    _, token, aes_key = _three(seed, "aibot")
    return [
        AiBot("assistant", "分寸助手", token, aes_key, bot_id="aibDemoCallback"),
        AiBot("live", "分寸长连", mode="websocket", bot_id="aibDemoSocket", secret=_word(seed, "ws", 43)),
    ]


def _demo_employees() -> list[Employee]:
    return [Employee("lihua", "李华"), Employee("zhaomin", "赵敏"), Employee("wangwei", "王伟")]


def _demo_customers() -> list[Customer]:
    return [
        Customer("wmDemoChen", "小陈", ["lihua"]),
        Customer("wmDemoLin", "林妈妈", ["lihua", "zhaomin"]),
        Customer("wmDemoZhou", "周周", ["zhaomin"]),
    ]


def _three(seed: str, area: str) -> tuple[str, str, str]:
    """Secret, token and EncodingAESKey of one area."""
    return _word(seed, area + ".secret", 43), _word(seed, area + ".token", 24), _word(seed, area + ".key", 43)


def _word(seed: str, what: str, length: int) -> str:
    """Letters and digits that follow from the seed."""
    digest = hashlib.sha512(f"{seed}/{what}".encode()).digest()
    text = base64.b64encode(digest).decode().replace("+", "").replace("/", "").replace("=", "")
    return text[:length]
