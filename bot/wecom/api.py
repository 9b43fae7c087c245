"""The calls we use, named after WeCom's documents, one class per secret.

wechatpy's API classes give the bodies where they are right; they run over `WeComClient` through a client whose request
is ours. Written here: what wechatpy lacks (group robot, results of mass messages, paging) or has wrong by now (sync_msg
without open_kfid). Everything raises the classes of bot/errors.py, as `WeComClient` says.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from wechatpy.work import WeChatClient

from bot.errors import AlreadyDone, Refused, TryLater
from bot.wecom.client import WeComClient
from bot.wecom.errors import KNOWN, family_of
from bot.wecom.safe_json import count, moment, objects, table, texts

__all__ = [
    "Account", "App", "BehaviorDay", "Contact", "GroupDay", "GroupMembers", "Kf", "KfDay", "Page", "Robot", "Sent",
    "Servicer", "Session",
]  # fmt: skip

Message = Mapping[str, Any]  # what a document shows from `msgtype` on: {"msgtype": "text", "text": {"content": …}}

BY_APPS = 0  # filter_type of mass tasks: not those that members made in their clients (93338)
_PAIR = ("follow_info", "external_contact")
CUSTOMER = 2  # type of a group's member who is not one of us (92122)
MOST_ACCOUNTS = 10_000  # so that an answer that repeats itself ends
TOKEN_TOO_OLD = 95007  # of a kf callback, after 10 minutes


class _Shapes(WeChatClient):  # type: ignore[misc]  # wechatpy has no types
    """wechatpy's request bodies over our transport: each API method returns an awaitable dict."""

    def __init__(self, client: WeComClient, secret: str) -> None:
        # Not super().__init__: it would open a session of `requests`.
        self._wecom = client
        self._secret_of_app = secret

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        return self._wecom.call(
            self._secret_of_app,
            method.upper(),
            url_or_endpoint,
            json=kwargs.get("data"),
            params=kwargs.get("params"),
            family=family_of(url_or_endpoint),
        )

    @property
    def access_token(self) -> NoReturn:
        # An AttributeError, because wechatpy looks at every attribute while it is being built.
        raise AttributeError("the token lives in WeComClient; reading it here would block the loop")


# --- kf --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """One pull: an empty page with `more` is not the end. Save `cursor` with the items, in one transaction."""

    items: tuple[Any, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class Session:
    """0 new, 1 bot, 2 waiting, 3 human, 4 ended (94669); `servicer` only in 3."""

    state: int
    servicer: str


@dataclass(frozen=True, slots=True)
class Servicer:
    userid: str
    receiving: bool


@dataclass(frozen=True, slots=True)
class Account:
    """`manageable` is false until the account is handed over to our app in the admin pages."""

    open_kfid: str
    name: str
    manageable: bool


@dataclass(frozen=True, slots=True)
class KfDay:
    """One day of all kf accounts: sessions, and customers who refuse messages (95489)."""

    sessions: int
    refusing: int


class Kf:
    """微信客服."""

    def __init__(self, client: WeComClient, secret: str) -> None:
        self._client = client
        self._secret = secret
        self._shapes = _Shapes(client, secret)

    async def sync_msg(self, open_kfid: str, *, cursor: str = "", token: str = "", limit: int = 1000) -> Page:
        """One page of messages (94670). A callback token that is too old is left out and the pull repeated."""
        wanted = {"open_kfid": open_kfid, "cursor": cursor, "token": token, "limit": limit, "voice_format": 0}
        body = {name: value for name, value in wanted.items() if value != ""}
        try:
            answer = await self._client.call(self._secret, "POST", "kf/sync_msg", json=body, family="kf")
        except Refused as error:
            if not token or error.errcode != TOKEN_TOO_OLD:
                raise
            return await self.sync_msg(open_kfid, cursor=cursor, limit=limit)
        return Page(
            tuple(objects(answer, "msg_list")), str(answer.get("next_cursor") or ""), bool(answer.get("has_more"))
        )

    async def send_msg(self, person: str, open_kfid: str, message: Message, msgid: str, *, again: bool = False) -> str:
        """Send one message (94677); returns its msgid. `msgid` is at most 32 of [0-9a-zA-Z_-], unique per account.

        `again` says that this repeats a send whose answer was lost. The code for a msgid that is known already is not
        documented, so then a refusal with a code in no table is AlreadyDone.
        """
        try:
            answer = await self._shapes.kf_message.send(person, open_kfid, msgid, dict(message))
        except Refused as error:
            if again and error.errcode not in KNOWN:
                raise AlreadyDone(str(error), errcode=error.errcode) from None
            raise
        return str(answer.get("msgid") or msgid)

    async def send_msg_on_event(self, code: str, message: Message, msgid: str = "") -> str:
        """Answer an event's code with its one message (95122); returns the msgid."""
        msgtype = str(message["msgtype"])
        answer = await self._shapes.kf.send_msg_on_event(code, msgtype, {msgtype: message[msgtype]}, msgid or None)
        return str(answer.get("msgid") or msgid)

    async def service_state_get(self, open_kfid: str, person: str) -> Session:
        """Who serves the person now (94669)."""
        answer = await self._shapes.kf.get_service_state(open_kfid, person)
        state = answer.get("service_state")
        if not isinstance(state, int) or isinstance(state, bool):  # no state is no leave to speak
            raise TryLater("WeCom named no service_state")
        return Session(state, str(answer.get("servicer_userid") or "").casefold())

    async def service_state_trans(self, open_kfid: str, person: str, state: int, servicer: str = "") -> str:
        """Move the session (94669); returns the msg_code for one more message, "" where there is none."""
        answer = await self._shapes.kf.trans_service_state(open_kfid, person, state, servicer)
        return str(answer.get("msg_code") or "")

    async def servicer_list(self, open_kfid: str) -> tuple[Servicer, ...]:
        """The colleagues of an account (94645); departments are left out."""
        answer = await self._shapes.kf.get_servicer_list(open_kfid)
        people = (each for each in objects(answer, "servicer_list") if each.get("userid"))
        return tuple(Servicer(str(each["userid"]).casefold(), each.get("status") == 0) for each in people)

    async def account_list(self) -> tuple[Account, ...]:
        """All kf accounts our app can see (94661)."""
        found: list[Account] = []
        while True:
            body = {"offset": len(found), "limit": 100}
            answer = await self._client.call(self._secret, "POST", "kf/account/list", json=body, family="kf")
            page = objects(answer, "account_list")
            found += map(_account, page)
            if len(page) < 100 or len(found) >= MOST_ACCOUNTS:
                return tuple(found)

    async def get_corp_statistic(self, start: datetime, end: datetime) -> tuple[KfDay, ...]:
        """The days from `start` to `end`, both included (95489): 31 at most, up to yesterday, of the last 180."""
        body = {"start_time": int(start.timestamp()), "end_time": int(end.timestamp())}
        answer = await self._client.call(self._secret, "POST", "kf/get_corp_statistic", json=body, family="kf")
        days = (table(each, "statistic") for each in objects(answer, "statistic_list"))
        return tuple(KfDay(count(day, "session_cnt"), count(day, "msg_rejected_customer_cnt")) for day in days)


# --- app -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """`invalid` are the userids that do not get it (case-folded): errcode 0 is acceptance, not delivery."""

    msgid: str
    invalid: tuple[str, ...] = ()
    response_code: str = ""


class App:
    """The self-built app (自建应用)."""

    def __init__(self, client: WeComClient, secret: str, agent_id: int) -> None:
        self._client = client
        self._secret = secret
        self._agent_id = agent_id
        self._shapes = _Shapes(client, secret)

    async def message_send(self, userids: Sequence[str], message: Message, *, out_id: str = "") -> Sent:
        """Send to at most 1000 members (90236).

        With `out_id` a repetition of this very part is not delivered twice: WeCom drops an identical request within the
        interval. The interval differs by id, so that another part with the same words is no identical request.
        """
        body = dict(message)
        if out_id:
            body |= {"enable_duplicate_check": 1, "duplicate_check_interval": 1800 + zlib.crc32(out_id.encode()) % 7200}
        answer = await self._shapes.message.send(self._agent_id, list(userids), msg=body)
        lists = (str(answer.get(name) or "") for name in ("invaliduser", "unlicenseduser"))
        invalid = (userid.casefold() for each in lists for userid in each.split("|") if userid)
        return Sent(str(answer.get("msgid") or ""), tuple(invalid), str(answer.get("response_code") or ""))

    async def appchat_send(self, chatid: str, message: Message) -> None:
        """Send to an internal group that this app made (90248). No id comes back and nothing guards a repetition."""
        body = {"chatid": chatid, "safe": 0, **message}
        await self._client.call(self._secret, "POST", "appchat/send", json=body)

    async def media_upload(self, media_type: str, filename: str, data: bytes) -> str:
        """Upload a temporary file (90253); returns its media_id, good for 3 days."""
        return await self._client.upload_media(self._secret, media_type, filename, data)


class Robot:
    """A group robot (99110): one way, into its group, at most 20 messages a minute."""

    def __init__(self, client: WeComClient, key: str) -> None:
        self._client = client
        self._key = key

    async def send(self, message: Message) -> None:
        await self._client.webhook(self._key, dict(message))


# --- 客户联系 --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GroupDay:
    """One day of the customer groups of some owners: members at its end, and who joined (92133)."""

    at: datetime
    members: int
    joined: int


@dataclass(frozen=True, slots=True)
class BehaviorDay:
    """One day of some colleagues: new contacts, and members who deleted or blocked them (92132)."""

    contacts: int
    removed: int


@dataclass(frozen=True, slots=True)
class GroupMembers:
    """The customers in a customer group, by external_userid with when they joined, and the version of that list."""

    version: str
    joined: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Following:
    """A customer whom a colleague has as a contact, since when, and the ids of the corp tags that this one set."""

    userid: str
    external_userid: str
    since: datetime
    tags: tuple[str, ...]


class Contact:
    """Welcome messages, and mass messages, which are tasks that a colleague confirms."""

    def __init__(self, client: WeComClient, secret: str) -> None:
        self._client = client
        self._secret = secret
        self._shapes = _Shapes(client, secret)

    async def send_welcome_msg(self, welcome_code: str, text: str) -> None:
        """Greet a new customer in the colleague's name (92137): once, within 20 s of the event."""
        await self._shapes.external_contact.send_welcome_msg({"welcome_code": welcome_code, "text": {"content": text}})

    async def add_msg_template(self, template: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        """Make a mass-message task (92135); returns its msgid and the ids that cannot get it."""
        answer = await self._shapes.external_contact.add_msg_template(dict(template))
        return str(answer.get("msgid") or ""), texts(answer, "fail_list")

    async def get_groupmsg_task(self, msgid: str) -> tuple[Mapping[str, Any], ...]:
        """Every colleague's part of a task (93338): userid, status 0 not sent or 2 sent, send_time."""
        return await self._all("get_groupmsg_task", {"msgid": msgid}, "task_list")

    async def get_groupmsg_send_result(self, msgid: str, userid: str) -> tuple[Mapping[str, Any], ...]:
        """Each recipient of one colleague (93338): status 0 not sent, 1 sent, 2 no friend any more, 3 over the cap."""
        return await self._all("get_groupmsg_send_result", {"msgid": msgid, "userid": userid}, "send_list")

    async def get_groupmsg_list(self, chat_type: str, start: datetime, end: datetime) -> tuple[Mapping[str, Any], ...]:
        """The tasks that apps made between two moments, at most a month apart (93338): msgid, create_time, text."""
        span = {"start_time": int(start.timestamp()), "end_time": int(end.timestamp()), "filter_type": BY_APPS}
        return await self._all("get_groupmsg_list_v2", {"chat_type": chat_type, **span}, "group_msg_list", limit=100)

    async def cancel_groupmsg_send(self, msgid: str) -> None:
        """Stop what is not confirmed yet (97611); AlreadyDone when it was stopped before."""
        await self._post("cancel_groupmsg_send", {"msgid": msgid})

    async def remind_groupmsg_send(self, msgid: str) -> None:
        """Remind the colleagues who have not confirmed (97610), at most 3 times in 24 h."""
        await self._post("remind_groupmsg_send", {"msgid": msgid})

    async def groupchat_get(self, chat_id: str) -> GroupMembers:
        """Who is in a customer group (92122), without the colleagues; Refused 90501 where it is none any more."""
        group = (await self._post("groupchat/get", {"chat_id": chat_id, "need_name": 0})).get("group_chat")
        group = group if isinstance(group, dict) else {}
        customers = (row for row in objects(group, "member_list") if row.get("type") == CUSTOMER and row.get("userid"))
        joined = {str(row["userid"]): moment(row, "join_time") for row in customers}
        return GroupMembers(str(group.get("member_version") or ""), joined)

    async def get_follow_user_list(self) -> tuple[str, ...]:
        """The colleagues who may have customers (92571)."""
        answer = await self._client.call(self._secret, "GET", "externalcontact/get_follow_user_list", family="mass")
        return texts(answer, "follow_user")

    async def batch_get_by_user(self, userids: Sequence[str]) -> tuple[Following, ...]:
        """The customers of at most 100 colleagues, each pair by itself (92994)."""
        body = {"userid_list": list(userids)}
        rows = await self._all("batch/get_by_user", body, "external_contact_list", limit=100)
        return tuple(_following(row) for row in rows)

    async def statistic_group_by_day(
        self, owners: Sequence[str], begin: datetime, end: datetime
    ) -> tuple[GroupDay, ...]:
        """The customer groups of at most 100 `owners` by day (92133), both ends included: 30 days at most."""
        body = {
            "day_begin_time": int(begin.timestamp()),
            "day_end_time": int(end.timestamp()),
            "owner_filter": {"userid_list": list(owners)},
        }
        rows = objects(await self._post("groupchat/statistic_group_by_day", body), "items")
        return tuple(_group_day(row) for row in rows)

    async def get_user_behavior_data(
        self, userids: Sequence[str], start: datetime, end: datetime
    ) -> tuple[BehaviorDay, ...]:
        """What at most 100 colleagues did with customers, summed by day (92132), both ends included: 30 days."""
        body = {"userid": list(userids), "start_time": int(start.timestamp()), "end_time": int(end.timestamp())}
        rows = objects(await self._post("get_user_behavior_data", body), "behavior_data")
        return tuple(BehaviorDay(count(row, "new_contact_cnt"), count(row, "negative_feedback_cnt")) for row in rows)

    async def _post(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return await self._client.call(self._secret, "POST", f"externalcontact/{name}", json=body, family="mass")

    async def _all(
        self, name: str, body: Mapping[str, Any], rows: str, limit: int = 1000
    ) -> tuple[Mapping[str, Any], ...]:
        """The rows of all pages; a cursor that does not move ends the loop."""
        found: list[Mapping[str, Any]] = []
        cursor, before = "", set[str]()
        while cursor not in before:
            before.add(cursor)
            answer = await self._post(name, {**body, "limit": limit, **({"cursor": cursor} if cursor else {})})
            found += objects(answer, rows)
            cursor = str(answer.get("next_cursor") or "")
        return tuple(found)


def _following(row: Mapping[str, Any]) -> Following:
    about, customer = (table(row, name) for name in _PAIR)
    return Following(
        str(about.get("userid") or ""),
        str(customer.get("external_userid") or ""),
        moment(about, "createtime"),
        texts(about, "tag_id"),
    )


def _group_day(row: Mapping[str, Any]) -> GroupDay:
    day = table(row, "data")
    return GroupDay(moment(row, "stat_time"), count(day, "member_total"), count(day, "new_member_cnt"))


def _account(row: Mapping[str, Any]) -> Account:
    return Account(
        open_kfid=str(row.get("open_kfid", "")),
        name=str(row.get("name", "")),
        manageable=bool(row.get("manage_privilege", True)),
    )
