"""WeChat customer service (微信客服): sessions, servicers, what is queued for sync_msg (94670, 94669, 94645, 94661)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.sandbox.fields import Body, Call, Meter, Rejected, fresh, number, text, texts
from bot.sandbox.queue import Queue
from bot.sandbox.wire import Spoken
from bot.sandbox.world import KfAccount, World

WINDOW = timedelta(hours=48)
TOKEN_LIFE = timedelta(minutes=10)
CUSTOMER, EVENT, SERVICER = 3, 4, 5  # origin
NEW, BOT, POOL, HUMAN, ENDED = range(5)  # service_state


@dataclass(slots=True)
class Session:
    """One customer with one account. `sent` counts our messages since the customer's last one."""

    account: str
    customer: str
    state: int = ENDED
    servicer: str = ""
    wrote_at: datetime | None = None
    sent: int = 0
    welcomed_at: datetime | None = None
    chat: list[Spoken] = field(default_factory=list)

    def fresh_at(self, now: datetime) -> bool:
        """Whether the customer wrote within 48 hours."""
        return self.wrote_at is not None and now - self.wrote_at <= WINDOW


@dataclass(slots=True)
class Code:
    """A right to send one message: `state` is the state it needs, None for the welcome."""

    session: Session
    state: int | None
    until: datetime


class Kf:
    """State of all accounts. `moves` are the transitions the API allows; 0→1 is usual but in no document, so not in it.

    `page_size` caps a page of sync_msg, `stuck` keeps the cursor where it is with has_more=1.
    """

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock
        self._queues = {account.open_kfid: Queue() for account in world.kf.accounts}
        self._sessions: dict[tuple[str, str], Session] = {}
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._meter = Meter()
        self.codes: dict[str, Code] = {}
        self.moves: dict[int, set[int]] = {NEW: {POOL, HUMAN}, BOT: {POOL, HUMAN}, POOL: {HUMAN}, HUMAN: {HUMAN, ENDED}}
        self.page_size = 1000
        self.stuck = False

    # ---- what the API asks

    def sync_msg(self, call: Call) -> dict[str, Any]:
        """One page of one account."""
        body = call.body
        account = self.account_of(body)
        cursor = text(body, "cursor", limit=64, empty=None)
        limit = number(body, "limit", 1000, 1, 1000)
        number(body, "voice_format", 0, 0, 1)
        self._check_token(account, text(body, "token", limit=128, empty=None))
        if self.stuck:
            return {"next_cursor": cursor or "cu0.0", "has_more": 1, "msg_list": []}
        queue = self._queues.setdefault(account, Queue())
        items, following, more = queue.page(cursor, min(limit, self.page_size), self._clock.now())
        return {"next_cursor": following, "has_more": int(more), "msg_list": items}

    def state_get(self, call: Call) -> dict[str, Any]:
        """The session's state, 4 when none is open."""
        session = self.session_of(call.body, "external_userid")
        self.settle(session)
        answer: dict[str, Any] = {"service_state": session.state}
        if session.state == HUMAN:
            answer["servicer_userid"] = session.servicer
        return answer

    def state_trans(self, call: Call) -> dict[str, Any]:
        """Move a session: 95016 where the documents know no such move, 95014 or 95019 for the wrong servicer."""
        session = self.session_of(call.body, "external_userid")
        self.settle(session)
        target = number(call.body, "service_state", None, 0, 4)
        if target not in self.moves.get(session.state, set()):
            raise Rejected(95016, f"no move from {session.state} to {target}")
        servicer = self._receiver(call.body) if target == HUMAN else ""
        if session.state == HUMAN and session.servicer == servicer:
            raise Rejected(95016, "the session is with this servicer already")
        newly = session.state != target
        session.state, session.servicer = target, servicer
        return {"msg_code": self.code_for(session) if newly and target != BOT else ""}

    def servicer_list(self, call: Call) -> dict[str, Any]:
        """Everybody who receives, for every account alike."""
        self.account_of(call.query)
        rows = [{"userid": one.userid, "status": 0 if one.receiving else 1} for one in self._world.servicers]
        return {"servicer_list": [row | ({"stop_type": 0} if row["status"] else {}) for row in rows]}

    def account_list(self, call: Call) -> dict[str, Any]:
        """The accounts and whether this app may manage them."""
        offset, limit = number(call.body, "offset", 0), number(call.body, "limit", 100, 1, 100)
        rows = [
            {"open_kfid": one.open_kfid, "name": one.name, "avatar": "", "manage_privilege": one.managed}
            for one in self._world.kf.accounts
        ]
        return {"account_list": rows[offset : offset + limit]}

    def add_contact_way(self, call: Call) -> dict[str, Any]:
        """The address at which a customer enters."""
        account = self.account_of(call.body)
        scene = text(call.body, "scene", limit=32, empty=None)
        return {"url": f"https://work.weixin.qq.com/kfid/{account}?enc_scene={scene}"}

    def batchget(self, call: Call) -> dict[str, Any]:
        """Nicknames; only of customers who wrote within 48 hours (95031 when none did, 95159)."""
        asked = texts(call.body, "external_userid_list", high=100, required=True)
        known = [one for one in asked if self._world.customer(one)]
        now = self._clock.now()
        if known and not any(self.fresh_customer(one, now) for one in known):
            raise Rejected(95031, "no conversation within 48 hours")
        rows = [self._card(one) for one in known if self.fresh_customer(one, now)]
        return {"customer_list": rows, "invalid_external_userid": [one for one in asked if one not in known]}

    # ---- what other parts need

    def account_of(self, body: Body) -> str:
        """The open_kfid of a request: 95000, 95004 or 48007 where it cannot be used."""
        open_kfid = text(body, "open_kfid", empty=95000)
        account = self._world.account(open_kfid)
        if account is None:
            raise Rejected(95004, "open_kfid does not exist")
        if not account.managed:
            raise Rejected(48007, "the account is not authorised to this app")
        return open_kfid

    def session_of(self, body: Body, name: str) -> Session:
        """The session a request is about; 40096 for an unknown customer."""
        account, customer = self.account_of(body), text(body, name)
        session = self._sessions.get((account, customer))
        if session is None:
            if self._world.customer(customer) is None:
                raise Rejected(40096, "invalid external_userid")
            session = self.session(account, customer)
        return session

    def session(self, account: str, customer: str) -> Session:
        """The session of these two, a blank one when they never met."""
        return self._sessions.setdefault((account, customer), Session(account, customer))

    def sessions(self) -> list[Session]:
        return list(self._sessions.values())

    def settle(self, session: Session) -> None:
        """A session is over 48 hours after the customer's last message."""
        if not session.fresh_at(self._clock.now()):
            session.state, session.servicer = ENDED, ""

    def fresh_customer(self, customer: str, now: datetime) -> bool:
        return any(one.fresh_at(now) for (_, who), one in self._sessions.items() if who == customer)

    def code_for(self, session: Session) -> str:
        """A code for the state just entered: 20 seconds at the end of a session, 48 hours otherwise (95122)."""
        life = timedelta(seconds=20) if session.state == ENDED else WINDOW
        return self.new_code(session, session.state, life)

    def new_code(self, session: Session, state: int | None, life: timedelta) -> str:
        code = fresh("code")
        self.codes[code] = Code(session, state, self._clock.now() + life)
        return code

    def put(self, account: str, item: dict[str, Any]) -> str:
        """Queue an item for sync_msg and return its msgid."""
        now = self._clock.now()
        msgid = fresh("in")
        full = {"msgid": msgid, "send_time": int(now.timestamp()), **item}
        self._queues.setdefault(account, Queue()).put(full, now)
        return msgid

    def put_event(self, account: str, event_type: str, **fields: Any) -> str:
        """Queue an event; ids sit inside `event`."""
        event = {"event_type": event_type, "open_kfid": account, **fields}
        return self.put(account, {"origin": EVENT, "msgtype": "event", "event": event})

    def put_gap(self, account: str, pages: int = 1) -> None:
        """So many empty pages with has_more=1 come next."""
        for _ in range(pages):
            self._queues.setdefault(account, Queue()).put(None, self._clock.now())

    def ring_token(self, account: str) -> str:
        """The token a callback carries, good for ten minutes."""
        now = self._clock.now()
        self._tokens = {key: one for key, one in self._tokens.items() if one[1] > now}
        token = fresh("TK")
        self._tokens[token] = (account, now + TOKEN_LIFE)
        return token

    def default_account(self) -> str:
        """The first account."""
        first: KfAccount = self._world.kf.accounts[0]
        return first.open_kfid

    def _check_token(self, account: str, token: str) -> None:
        now = self._clock.now()
        if not token:
            limit = self._world.limits.sync_without_token_per_minute
            if not self._meter.allows(f"sync/{account}", now, (limit, 60)):
                raise Rejected(45009, "too many pulls without a token")
            return
        owner, until = self._tokens.get(token, ("", now))
        if owner != account or until <= now:
            raise Rejected(95007, "invalid or expired token")

    def _receiver(self, body: Body) -> str:
        servicer = self._world.servicer(text(body, "servicer_userid"))
        if servicer is None or not servicer.activated:
            raise Rejected(95014, "not a servicer, or not activated")
        if not servicer.receiving:
            raise Rejected(95019, "the servicer has stopped receiving")
        return servicer.userid

    def _card(self, customer: str) -> dict[str, Any]:
        known = self._world.customer(customer)
        return {"external_userid": customer, "nickname": known.nickname if known else "", "avatar": "", "gender": 0}
