"""What members do in the app (90239, 90240, 90241) and what contacts do (92130), as callbacks to our bot."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from bot.clock import Clock
from bot.sandbox.callbacks import Callbacks, Reaction
from bot.sandbox.groups import CustomerGroups
from bot.sandbox.mass import Mass
from bot.sandbox.people import People
from bot.sandbox.statistics import Statistics
from bot.sandbox.wire import Spoken
from bot.sandbox.world import Customer, World


class Members:
    """Members of the corp and the self-built app."""

    def __init__(self, world: World, clock: Clock, people: People, callbacks: Callbacks) -> None:
        self._world = world
        self._clock = clock
        self._people = people
        self._callbacks = callbacks

    async def says(self, userid: str, content: str) -> Reaction:
        """A text to the app; a passive reply becomes part of the transcript."""
        msgid = secrets.randbelow(2**62)
        self._people.chat(userid).append(Spoken(self._clock.now(), userid, content, str(msgid)))
        reaction = await self._post(userid, "text", {"MsgType": "text", "Content": content, "MsgId": msgid})
        self._hear(userid, reaction)
        return reaction

    async def event(self, userid: str, event: str, fields: Mapping[str, Any]) -> Reaction:
        """Any event of the app: enter_agent, subscribe, click …"""
        reaction = await self._post(userid, event, {"MsgType": "event", "Event": event, **fields})
        self._hear(userid, reaction)
        return reaction

    async def clicks(self, userid: str, task_id: str, key: str, selected: Mapping[str, Sequence[str]]) -> Reaction:
        """A click on a card's button; `selected` maps question keys to option ids. KeyError for an unknown card."""
        card = self._people.card_of(userid, task_id)
        code = self._people.new_code(card.msgid, [userid])
        fields: dict[str, Any] = {"EventKey": key, "TaskId": task_id, "ResponseCode": code}
        fields["CardType"] = card.body.get("card_type", "")
        if selected:
            rows = [
                {"QuestionKey": question, "OptionIds": {"OptionId": list(options)}}
                for question, options in selected.items()
            ]
            fields["SelectedItems"] = {"SelectedItem": rows}
        reaction = await self._post(userid, "template_card_event", self._click(fields))
        self._change(userid, card, reaction)
        return reaction

    def _click(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {"MsgType": "event", "Event": "template_card_event", **fields}

    async def _post(self, userid: str, what: str, fields: Mapping[str, Any]) -> Reaction:
        message = {
            "ToUserName": self._world.corp_id,
            "FromUserName": userid,
            "CreateTime": int(self._clock.now().timestamp()),
            **fields,
            "AgentID": self._world.app.agent_id,
        }
        return await self._callbacks.post(self._callbacks.door("app"), what, message)

    def _hear(self, userid: str, reaction: Reaction) -> None:
        """Show a passive text, cut at 2,048 bytes as 90241 says."""
        reply = reaction.reply or {}
        if reply.get("MsgType") == "text":
            line = str(reply.get("Content") or "").encode()[:2048].decode("utf-8", "ignore")
            self._people.chat(userid).append(Spoken(self._clock.now(), "bot", line, "", "text"))

    def _change(self, userid: str, card: Spoken, reaction: Reaction) -> None:
        reply = reaction.reply or {}
        if reply.get("MsgType") == "update_button":
            self._people.change_card(userid, card.msgid, str(reply["Button"]["ReplaceName"]), None)


class Contacts:
    """Customers of colleagues, and customer groups: the events of customer contact."""

    def __init__(
        self,
        world: World,
        mass: Mass,
        groups: CustomerGroups,
        callbacks: Callbacks,
        clock: Clock,
        statistics: Statistics,
    ) -> None:
        self._world = world
        self._clock = clock
        self._mass = mass
        self._groups = groups
        self._callbacks = callbacks
        self._statistics = statistics

    async def added(self, userid: str, external_userid: str, state: str, welcome: bool) -> Reaction:
        """A customer and a member become contacts; with `welcome` the event carries a WelcomeCode for 20 seconds."""
        customer = self._world.customer(external_userid)
        if customer is None:
            customer = Customer(external_userid, f"微信用户{len(self._world.customers) + 1}")
            self._world.customers.append(customer)
        if userid not in customer.followers:
            customer.followers.insert(0, userid)
            self._statistics.note("added", userid)
        fields: dict[str, Any] = {"UserID": userid, "ExternalUserID": external_userid}
        if state:
            fields["State"] = state
        if welcome:
            fields["WelcomeCode"] = self._mass.new_welcome(external_userid)
        return await self._post("change_external_contact", "add_external_contact", fields)

    async def left(self, userid: str, external_userid: str, *, by_customer: bool) -> Reaction:
        """The customer deletes the member, or the member the customer."""
        customer = self._world.customer(external_userid)
        if customer is not None and userid in customer.followers:
            customer.followers.remove(userid)
            if by_customer:
                self._statistics.note("removed", userid)
        kind = "del_follow_user" if by_customer else "del_external_contact"
        fields = {"UserID": userid, "ExternalUserID": external_userid}
        return await self._post("change_external_contact", kind, fields)

    async def group_changed(self, chat_id: str, external_userid: str, *, joined: bool, heard: bool = True) -> Reaction:
        """A customer joins or leaves a customer group. KeyError for an unknown group."""
        group = self._world.group(chat_id)
        if group is None:
            raise KeyError(chat_id)
        if joined and external_userid not in group.members:
            self._statistics.note("joined", group.owner)
        group.members = [one for one in group.members if one != external_userid] + [external_userid] * joined
        before, after = self._groups.moved(group)
        if not heard:
            return Reaction()
        fields: dict[str, Any] = {
            "ChatId": chat_id,
            "UpdateDetail": "add_member" if joined else "del_member",
            "JoinScene" if joined else "QuitScene": 3 if joined else 0,
            "MemChangeCnt": 1,
            "MemChangeList": {"Item": [external_userid]},
            "LastMemVer": before,
            "CurMemVer": after,
        }
        return await self._post("change_external_chat", "update", fields)

    async def group_dismissed(self, chat_id: str) -> Reaction:
        """The owner dissolves a customer group. KeyError for an unknown group."""
        group = self._world.group(chat_id)
        if group is None:
            raise KeyError(chat_id)
        self._world.customer_groups.remove(group)
        return await self._post("change_external_chat", "dismiss", {"ChatId": chat_id})

    async def _post(self, event: str, change: str, fields: Mapping[str, Any]) -> Reaction:
        message = {
            "ToUserName": self._world.corp_id,
            "FromUserName": "sys",
            "CreateTime": int(self._clock.now().timestamp()),
            "MsgType": "event",
            "Event": event,
            "ChangeType": change,
            **fields,
        }
        return await self._callbacks.post(self._callbacks.door("contact"), event, message)
