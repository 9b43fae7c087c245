"""微信客服: answers to customers, and moving a session between us and our colleagues (docs 94677, 95122, 94669)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from bot.alarm import Alarm
from bot.channels import Budget, Limits
from bot.channels.texts import pieces
from bot.clock import Clock
from bot.errors import AlreadyDone, Refused, SendError, StateMoved, WaitForMember
from bot.part import Klass, Part, Receipt, part_id
from bot.wecom.api import Kf
from bot.wecom.split import LIMITS
from handlers.card import with_told
from handlers.feedback_marks import mark
from handlers.handoff import Event, Move
from handlers.paging import Case, Ladder, Page
from handlers.texts import (
    FREED,
    RATE_BAD,
    RATE_GOOD,
    URGENT,
    handed_over,
    handoff_notice,
    moment,
    nobody,
    queued,
    shorten,
)
from handlers.turn import Channel
from scheduler.calendar import NeverOpen

POOL, HUMAN, ENDED = 2, 3, 4
MENU_HEAD = 1024  # bytes of a menu's head_content (doc 94677)
BUDGET_SPENT = 95001
NOT_TAKING = (95014, 95019)  # this colleague cannot take it now: try the next
NOT_RECEIVING = (
    "您现在没有在接待这个客服账号，或会话已经结束。之前就是您接待的，直接在客服会话里发消息就能接上；"
    "不是的话，请先在企业微信里开启接待，等客户再来消息后重试。"
)
NOTE_LIFE = timedelta(hours=1)
NOBODY_NAMED: Mapping[str, str] = MappingProxyType({})


class KfChannel:
    """Five messages per message of the customer, within 48 hours (doc 94677)."""

    limits = Limits(per_message=Budget(5, timedelta(hours=48), LIMITS[Channel.KF]), rated=MENU_HEAD)

    def __init__(
        self,
        kf: Kf,
        alarm: Alarm,
        ladder: Ladder,
        route: str,
        working_hours: str,
        clock: Clock,
        names: Mapping[str, str] = NOBODY_NAMED,
    ) -> None:
        """`route`: "named" gives a session to a receiving consultant, "pool" leaves it to WeCom's waiting pool.

        `names`: what members are told a colleague is called, by userid.
        """
        self._kf = kf
        self._alarm = alarm
        self._ladder = ladder
        self._route = route
        self._working_hours = working_hours
        self._clock = clock
        self._names = names

    def pieces(self, markdown: str) -> list[str]:
        return pieces(markdown, Channel.KF)

    async def send(self, part: Part) -> Receipt:
        match part.kind:
            case "on_event":
                return await self._on_event(part)
            case "transfer":
                return await self._transfer(part)
            case "assign":
                return await self._assign(part)
            case "reassign":
                return await self._reassign(part)
            case "end":
                return await self._end(part)
        return await self._say(part)

    async def _on_event(self, part: Part) -> Receipt:
        """A code takes one message (doc 95122): refused at a repetition, it was the first try that used it."""
        message = _message(part)
        try:
            return Receipt(await self._kf.send_msg_on_event(part.body["code"], message, part.id))
        except Refused as error:
            if part.tries > 1:
                raise AlreadyDone("the code was used by an earlier try", errcode=error.errcode) from None
            raise

    async def _say(self, part: Part) -> Receipt:
        account, person = part.body["account"], part.body["to"]
        message = _message(part)
        try:
            sent = await self._kf.send_msg(person, account, message, part.id, again=part.tries > 1)
        except AlreadyDone:
            return Receipt(move=_freed(part))
        except Refused as error:
            if error.errcode == BUDGET_SPENT:
                raise WaitForMember("five messages since the customer's last one", errcode=error.errcode) from None
            raise
        except StateMoved as error:
            return await self._say_otherwise(part, error.errcode)
        return Receipt(sent, move=_freed(part))

    async def _say_otherwise(self, part: Part, errcode: int) -> Receipt:
        """The session takes no messages as it stands (doc 94669). What has to be said all the same finds its way."""
        session = await self._kf.service_state_get(part.body["account"], part.body["to"])
        frees = part.body.get("frees")
        if session.state == HUMAN and session.servicer and session.servicer == part.body.get("servicer", "").casefold():
            return await self._say_at_the_end(part)
        if session.state == POOL and frees == Event.NOBODY and (receipt := await self._say_out_of_the_pool(part)):
            return receipt
        if session.state == ENDED and frees:  # by an earlier try: the member's next message opens it again
            raise WaitForMember("the session has ended", errcode=errcode, move=_freed(part))
        if session.state not in (POOL, HUMAN):
            # No colleague has it and still we may not speak: the account is not ours to manage, or the session
            # ended. Somebody must see that this answer did not arrive.
            raise Refused("the session takes no messages", errcode=errcode)
        # A colleague has it (a native rule, or the client): stay silent until that ends.
        moved = Move(Event.TAKE, session.servicer) if session.state == HUMAN else Move(Event.CALL)
        raise StateMoved("a colleague has the session", errcode=errcode, move=moved)

    async def _say_at_the_end(self, part: Part) -> Receipt:
        """End the session of a colleague without a word: the end's code takes one message (doc 95122), and the member's
        next one is ours. Where the code is lost, it is said then."""
        code = await self._kf.service_state_trans(part.body["account"], part.body["to"], ENDED)
        try:
            sent = await self._kf.send_msg_on_event(code, _message(_with_way_back(part)), part.id)
        except SendError as error:
            raise WaitForMember("the end's code took nothing", errcode=error.errcode, move=_freed(part)) from None
        return Receipt(sent, move=_freed(part))

    async def _say_out_of_the_pool(self, part: Part) -> Receipt | None:
        """Give a session that queues to a colleague who receives, and say it through the move's code (doc 95122)."""
        try:
            given = await self._given(part)
        except StateMoved:
            return None
        if given is None:
            return None
        servicer, code = given
        return await self._say_with(part, code, Move(Event.TAKE, servicer))

    async def _say_with(self, part: Part, code: str, move: Move) -> Receipt:
        try:
            return Receipt(await self._kf.send_msg_on_event(code, _message(part), part.id), move=move)
        except SendError as error:
            raise StateMoved("the move's code took nothing", errcode=error.errcode, move=move) from None

    async def _transfer(self, part: Part) -> Receipt:
        """Bring a person in. The customer is told once, after the fact, and truthfully."""
        if self._route == "pool":
            return await self._queue(part)
        try:
            given = await self._given(part)
        except StateMoved:
            return await self._as_it_is(part)
        return self._handed_over(part, *given) if given else self._nobody(part)

    async def _given(self, part: Part) -> tuple[str, str] | None:
        """Give the session to the first colleague who takes it: who, and the move's code; None where nobody does.

        Raises StateMoved where the session is elsewhere already.
        """
        account, person = part.body["account"], part.body["to"]
        for servicer in await self.receiving(account, part.body.get("order", ())):
            try:
                return servicer, await self._kf.service_state_trans(account, person, HUMAN, servicer)
            except Refused as error:
                if error.errcode not in NOT_TAKING:
                    raise
        return None

    async def receiving(self, account: str, order: Sequence[str] = ()) -> list[str]:
        """Who may be given a session now, in `order`: consultants who receive; anybody where none is named."""
        receiving = {each.userid for each in await self._kf.servicer_list(account) if each.receiving}
        if not self._ladder.consultants:
            return sorted(receiving)
        wanted = dict.fromkeys((*order, *self._ladder.consultants))
        return [userid for userid in wanted if userid in receiving]

    async def _queue(self, part: Part) -> Receipt:
        try:
            code = await self._kf.service_state_trans(part.body["account"], part.body["to"], POOL)
        except StateMoved:
            return await self._as_it_is(part)
        told = self._told(part, queued(part.body["reason"], self._back()), code)
        return self._waits(part, told, Event.CALL)

    async def _as_it_is(self, part: Part) -> Receipt:
        """The move was refused: the session is elsewhere already, perhaps by an earlier try whose answer was lost."""
        session = await self._kf.service_state_get(part.body["account"], part.body["to"])
        if session.state == HUMAN:
            return self._handed_over(part, session.servicer, "")
        if session.state == POOL:
            return Receipt() if part.body.get("again") else self._waits(part, [], Event.CALL)
        return self._nobody(part)

    def _handed_over(self, part: Part, servicer: str, code: str) -> Receipt:
        text = handed_over(part.body["reason"], self._names.get(servicer, ""), self._back())
        told = self._told(part, text, code)
        page = self._page(part, servicer)
        return Receipt(follow_ups=(*told, *self._paged(part, page, told)), move=Move(Event.TAKE, servicer), page=page)

    def _nobody(self, part: Part) -> Receipt:
        """Nobody takes it: the customer hears so once, the ticket stays open, and the bot waits with them."""
        if part.body.get("again"):
            return Receipt()
        text = nobody(self._working_hours, part.body["reason"], self._back())
        return self._waits(part, [self._follow_up(part, "text", text, {})], Event.NOBODY)

    def _waits(self, part: Part, told: Sequence[Part], event: Event) -> Receipt:
        page = self._page(part)
        return Receipt(follow_ups=(*told, *self._paged(part, page, told)), move=Move(event), page=page)

    def _page(self, part: Part, servicer: str = "") -> Page | None:
        """Whom to page now: the one who has the session, else the one whose turn it is (`handlers.paging`)."""
        body, now = part.body, self._clock.now()
        urgent, furious = body["reason"] == URGENT, bool(body.get("furious"))
        case = Case(body["ticket"], now, servicer, urgent=urgent, furious=furious)
        page = self._ladder.first(case, now, body.get("order", ())) if self._alarm.able else None
        if page is None or not page.people:
            return None
        return replace(page, people=(servicer,)) if servicer and body.get("again") else page

    def _paged(self, part: Part, page: Page | None, told: Sequence[Part]) -> list[Part]:
        if page is None:
            return []
        body = part.body
        card = body.get("card", "")
        card = card and with_told(card, told[0].body["text"] if told else "")
        text = handoff_notice(body["ticket"], shorten(body["to"]), body["reason"], body["ask"])
        return self._alarm.page(body["ticket"], card, text, page.people, page.at, part.id)

    def _back(self) -> str:
        """When colleagues are back at work, as people say it; empty while they are there, or never come."""
        now, calendar = self._clock.now(), self._ladder.calendar
        try:
            opens = calendar.next_open(now)
        except NeverOpen:
            return ""
        return "" if opens <= now else moment(opens, calendar.zone)

    def _told(self, part: Part, text: str, code: str) -> list[Part]:
        """One sentence through the move's code; without one (its answer was lost) the colleague speaks first."""
        return [self._follow_up(part, "on_event", text, {"code": code})] if code else []

    def _follow_up(self, part: Part, kind: str, text: str, more: dict[str, str]) -> Part:
        return Part(
            id=part_id("told", part.id),
            lane=part.lane,
            channel=Channel.KF,
            klass=Klass.REPLY,
            kind=kind,
            body={"to": part.body["to"], "account": part.body["account"], "text": text, **more},
            conversation=part.conversation,
            expires_at=self._clock.now() + NOTE_LIFE,
        )

    async def _assign(self, part: Part) -> Receipt:
        """A colleague wants the ticket: theirs once the platform has moved the session, and not before."""
        account, person, servicer = part.body["account"], part.body["to"], part.body["servicer"]
        if not part.body.get("steps_in"):  # WeCom itself lets anybody take a session out of another's hands
            session = await self._kf.service_state_get(account, person)
            if session.state == HUMAN and session.servicer != servicer.casefold():
                return await self._not_assigned(part, servicer)
        try:
            await self._kf.service_state_trans(account, person, HUMAN, servicer)
        except StateMoved:
            return await self._not_assigned(part, servicer)
        except Refused as error:
            if error.errcode not in NOT_TAKING:
                raise
            return await self._not_assigned(part, servicer)
        return self._assigned(part, servicer)

    async def _reassign(self, part: Part) -> Receipt:
        """The first word is late, and another colleague is asked: theirs where the platform lets it, else as it was."""
        account, person, servicer = part.body["account"], part.body["to"], part.body["servicer"]
        session = await self._kf.service_state_get(account, person)
        if session.state != HUMAN:
            return Receipt()
        if session.servicer not in (part.body["before"], servicer):  # somebody has stepped in meanwhile
            return Receipt(move=Move(Event.TAKE, session.servicer))
        try:
            if session.servicer != servicer:
                await self._kf.service_state_trans(account, person, HUMAN, servicer)
        except StateMoved:
            return Receipt()
        except Refused as error:
            if error.errcode not in NOT_TAKING:
                raise
            return Receipt()
        return self._assigned(part, servicer)

    def _assigned(self, part: Part, servicer: str) -> Receipt:
        number = part.body["ticket"]
        text = f"{number} 号已转给您，请在企业微信的客服会话里回复。处理完发 /return {number}。"
        told = self._alarm.notice(servicer, text, part_id("assigned", part.id), self._clock.now())
        return Receipt(follow_ups=(told,), move=Move(Event.TAKE, servicer))

    async def _not_assigned(self, part: Part, servicer: str) -> Receipt:
        """The session did not go to them: they hear why, and who has it keeps it."""
        session = await self._kf.service_state_get(part.body["account"], part.body["to"])
        if session.state == HUMAN and session.servicer == servicer.casefold():
            return self._assigned(part, servicer)  # by an earlier try whose answer was lost
        number = part.body["ticket"]
        has_it = session.state == HUMAN
        why = f"{self._alarm.called(session.servicer)} 正在接待这位客户。" if has_it else NOT_RECEIVING
        told = self._alarm.notice(
            servicer, f"{number} 号没能转给您：{why}", part_id("not_assigned", part.id), self._clock.now()
        )
        return Receipt(follow_ups=(told,), move=Move(Event.TAKE, session.servicer) if has_it else None)

    async def _end(self, part: Part) -> Receipt:
        """End the session with the colleague; the customer's next message opens a new one with us (doc 94669)."""
        try:
            code = await self._kf.service_state_trans(part.body["account"], part.body["to"], ENDED)
        except StateMoved:
            session = await self._kf.service_state_get(part.body["account"], part.body["to"])
            if session.state in (POOL, HUMAN):
                return self._not_ended(part, session.state, session.servicer)
            code = ""  # ended before, perhaps by an earlier try whose answer was lost
        return Receipt(move=Move(Event.LEAVE), code=code)

    def _not_ended(self, part: Part, state: int, servicer: str) -> Receipt:
        text = f"{part.body['ticket']} 号在微信客服里没能结束（还在排队或接待中），请在企业微信里结束会话。"
        told = self._alarm.notice(part.body["asked_by"], text, part_id("not_ended", part.id), self._clock.now())
        still = Move(Event.TAKE, servicer) if state == HUMAN else Move(Event.CALL)
        return Receipt(follow_ups=(told,), move=still)


def _freed(part: Part) -> Move | None:
    """Where the conversation stands once `part` has ended the session of a colleague, or found it ended."""
    return Move(Event(part.body["frees"])) if part.body.get("servicer") else None


def _with_way_back(part: Part) -> Part:
    """An advice with how to get a colleague again, where there is room for both."""
    text = f"{part.body['text']}\n\n{FREED}"
    if part.body["frees"] != Event.NOBODY or len(text.encode()) > LIMITS[Channel.KF]:
        return part
    return replace(part, body={**part.body, "text": text})


def _message(part: Part) -> dict[str, Any]:
    """A text; an answer that can be rated is the head of a menu whose taps come back as messages (docs 94677, 94670).

    Answers that left together may have no room for one.
    """
    text, answer = part.body["text"], part.body.get("feedback", "")
    if part.body.get("menu"):
        return _menu(text, part.body["menu"])
    if not answer or len(text.encode()) > MENU_HEAD:
        return {"msgtype": "text", "text": {"content": text}}
    return _menu(text, [(mark(answer, good), words) for good, words in ((True, RATE_GOOD), (False, RATE_BAD))])


def _menu(head: str, entries: Iterable[Sequence[str]]) -> dict[str, Any]:
    """`entries` are pairs of an id, which comes back with the tap, and the words to tap on."""
    clicks = [{"type": "click", "click": {"id": id_, "content": words}} for id_, words in entries]
    return {"msgtype": "msgmenu", "msgmenu": {"head_content": head, "list": clicks}}
