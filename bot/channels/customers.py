"""Customers and customer groups: a mass message is a task that a colleague has to confirm (doc 92135)."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.channels import Limits
from bot.channels.texts import fitting, pieces
from bot.errors import Refused, SendError
from bot.mass.advice import NOBODY, advice, explained
from bot.mass.recalling import RECALL
from bot.part import Confirmation, Part, Receipt
from bot.wecom.api import Contact
from handlers.turn import Channel
from scheduler.posts import parse_recipient

SENT = 2  # status of a colleague's share of a task


class CustomersChannel:
    """One task per colleague; what becomes of it is followed by `bot.mass.following`."""

    limits = Limits()

    def __init__(self, contact: Contact) -> None:
        self._contact = contact

    def pieces(self, markdown: str) -> list[str]:
        return pieces(markdown, Channel.CUSTOMERS)

    async def send(self, part: Part) -> Receipt:
        """Make a task, or cancel one that must not be confirmed any more (97611); one that was sent stays as it is."""
        if part.kind == RECALL:
            return await self._recall(str(part.body["msgid"]))
        recipients = [parse_recipient(address) for address in part.body["recipients"]]
        template = _template(recipients[0].channel, recipients[0].account, [each.target for each in recipients])
        template["text"] = {"content": words_of(part)}
        sender = recipients[0].account
        try:
            msgid, failed = await self._contact.add_msg_template(template)
        except SendError as error:
            raise explained(error, sender) from error
        if not msgid or len(failed) == len(recipients):
            what_to_do = advice(NOBODY, sender)
            raise Refused("nobody of this task can be reached", errcode=NOBODY, what_to_do=what_to_do)
        return Receipt(platform_id=msgid, confirmation=Confirmation(msgid, sender))

    async def _recall(self, msgid: str) -> Receipt:
        if confirmed(await self._contact.get_groupmsg_task(msgid)):
            return Receipt(too_late=True)
        await self._contact.cancel_groupmsg_send(msgid)
        return Receipt()


def words_of(part: Part) -> str:
    """What a task says."""
    return fitting(part.body["markdown"], Channel.CUSTOMERS)


def confirmed(shares: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a colleague has sent a task; `shares` as `get_groupmsg_task` gives them (93338)."""
    return any(share.get("status") == SENT for share in shares)


def _template(channel: str, sender: str, targets: list[str]) -> dict[str, Any]:
    if channel == "group":
        return {"chat_type": "group", "sender": sender, "chat_id_list": targets}
    return {"chat_type": "single", "sender": sender, "external_userid": targets}


class ContactChannel:
    """The greeting of a new customer in the colleague's name: once, within 20 s (doc 92137)."""

    limits = Limits()

    def __init__(self, contact: Contact) -> None:
        self._contact = contact

    def pieces(self, markdown: str) -> list[str]:
        return pieces(markdown, Channel.CONTACT)

    async def send(self, part: Part) -> Receipt:
        await self._contact.send_welcome_msg(str(part.body["code"]), str(part.body["text"]))
        return Receipt()
