"""What WeChat customers and the colleagues who serve them do in their clients, as state changes and queued items."""

from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.sandbox.fields import fresh
from bot.sandbox.kf import BOT, CUSTOMER, ENDED, HUMAN, NEW, POOL, SERVICER, WINDOW, Kf, Session
from bot.sandbox.media import Media
from bot.sandbox.wire import Spoken
from bot.sandbox.world import Customer, World

WELCOME_LIFE = timedelta(seconds=20)


class Customers:
    """Everything here queues items for sync_msg; ringing the bot is another step, as several items share one ring."""

    def __init__(self, world: World, clock: Clock, kf: Kf, media: Media) -> None:
        self._world = world
        self._clock = clock
        self._kf = kf
        self._media = media

    def writes(self, customer: str, content: str, account: str, menu_id: str = "") -> str:
        """A text; a session that was over starts anew in state 0. The msgid."""
        body = {"content": content} | ({"menu_id": menu_id} if menu_id else {})
        return self._message(customer, account, "text", body, content)

    def sends(self, customer: str, kind: str, filename: str, content: bytes, account: str) -> str:
        """A picture, voice, video or file. The msgid."""
        media_id = self._media.keep(kind, filename, content)
        return self._message(customer, account, kind, {"media_id": media_id}, f"[{kind}] {filename}")

    def enters(self, customer: str, account: str, scene: str = "", scene_param: str = "") -> str:
        """Opens the chat. Returns the welcome_code: none for whoever was welcomed or wrote within 48 hours (94670)."""
        session = self._meet(customer, account)
        now = self._clock.now()
        event: dict[str, Any] = {"external_userid": customer, "scene": scene, "scene_param": scene_param}
        code = ""
        if not session.fresh_at(now) and not _within(session.welcomed_at, now):
            code = self._kf.new_code(session, None, WELCOME_LIFE)
            event["welcome_code"] = code
        self._kf.put_event(account, "enter_session", **event)
        return code

    def recalls(self, customer: str, msgid: str, account: str) -> None:
        """Takes a message back."""
        session = self._meet(customer, account)
        session.chat[:] = [line for line in session.chat if line.msgid != msgid]
        self._kf.put_event(account, "user_recall_msg", external_userid=customer, recall_msgid=msgid)

    def misses(self, customer: str, msgid: str, fail_type: int, account: str) -> None:
        """A message of ours that was accepted does not arrive."""
        session = self._meet(customer, account)
        session.chat[:] = [line for line in session.chat if line.msgid != msgid]
        fields = {"external_userid": customer, "fail_msgid": msgid, "fail_type": fail_type}
        self._kf.put_event(account, "msg_send_fail", **fields)

    def taken(self, servicer: str, customer: str, account: str) -> str:
        """A colleague takes the session in his client, be it from another colleague. The msg_code, if any."""
        session = self._meet(customer, account)
        old, was_human = session.servicer, session.state == HUMAN
        session.state, session.servicer = HUMAN, servicer
        if was_human:
            self._changed(session, 2, old_servicer_userid=old, new_servicer_userid=servicer)
            return ""
        code = self._kf.code_for(session)
        self._changed(session, 1, new_servicer_userid=servicer, msg_code=code)
        return code

    def answered(self, servicer: str, customer: str, content: str, account: str) -> str:
        """A colleague types to the customer: from then on the session is his, whatever it was before. The msgid."""
        session = self._meet(customer, account)
        if session.state == ENDED:
            session.state = HUMAN
            self._changed(session, 4, old_servicer_userid=servicer, new_servicer_userid=servicer)
        elif session.state == POOL:
            self.taken(servicer, customer, account)
        elif session.state in (NEW, BOT):
            session.state = HUMAN  # no document promises an event here: the message itself is the sign
        session.servicer = servicer
        item = {"open_kfid": account, "external_userid": customer, "origin": SERVICER, "servicer_userid": servicer}
        msgid = self._kf.put(account, item | {"msgtype": "text", "text": {"content": content}})
        session.chat.append(Spoken(self._clock.now(), servicer, content, msgid))
        return msgid

    def ended(self, servicer: str, customer: str, account: str) -> str:
        """The colleague ends the session in his client. ValueError when it is not with a colleague. The msg_code."""
        session = self._meet(customer, account)
        if session.state != HUMAN:
            raise ValueError("the session is not with a colleague")
        session.state, session.servicer = ENDED, ""
        code = self._kf.code_for(session)
        self._changed(session, 3, old_servicer_userid=servicer, msg_code=code)
        return code

    def duty(self, servicer: str, receiving: bool) -> list[str]:
        """A colleague starts or stops receiving. The accounts that hear of it; KeyError for nobody's id."""
        found = self._world.servicer(servicer)
        if found is None:
            raise KeyError(servicer)
        found.receiving = receiving
        accounts = [one.open_kfid for one in self._world.kf.accounts]
        fields: dict[str, Any] = {"servicer_userid": servicer, "status": 1 if receiving else 2}
        if not receiving:
            fields["stop_type"] = 0
        for account in accounts:
            self._kf.put_event(account, "servicer_status_change", **fields)
        return accounts

    def _message(self, customer: str, account: str, kind: str, body: dict[str, Any], shown: str) -> str:
        session = self._meet(customer, account)
        if session.state == ENDED:
            session.state = NEW
        session.wrote_at, session.sent = self._clock.now(), 0
        item = {"open_kfid": account, "external_userid": customer, "origin": CUSTOMER, "msgtype": kind, kind: body}
        msgid = self._kf.put(account, item)
        session.chat.append(Spoken(self._clock.now(), customer, shown, msgid, kind, body))
        return msgid

    def _changed(self, session: Session, change_type: int, **fields: Any) -> None:
        fields["external_userid"] = session.customer
        self._kf.put_event(session.account, "session_status_change", change_type=change_type, **fields)

    def _meet(self, customer: str, account: str) -> Session:
        """The session, settled; a stranger becomes known."""
        if self._world.customer(customer) is None:
            self._world.customers.append(Customer(customer, f"微信用户{fresh('')[:4]}"))
        session = self._kf.session(account, customer)
        self._kf.settle(session)
        return session


def _within(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at <= WINDOW
