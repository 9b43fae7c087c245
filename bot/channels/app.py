"""The self-built app: one to one with colleagues (message/send, doc 90236) and its own internal groups (appchat)."""

import base64
from typing import Any

from bot.channels import Limits
from bot.channels.texts import fitting, pieces
from bot.errors import MaybeDone, Refused, TryLater
from bot.part import Part, Receipt
from bot.wecom.api import App
from bot.wecom.render import plain
from bot.wecom.split import LIMITS, split
from handlers.turn import Channel
from scheduler.posts import parse_recipient

TITLE_CHARS = 26


class AppChannel:
    """At most 30 messages a minute to one member; WeCom drops what is over without a word (doc 90312)."""

    limits = Limits(per_minute=30)

    def __init__(self, app: App) -> None:
        self._app = app

    def pieces(self, markdown: str) -> list[str]:
        """Plain text: markdown messages do not show in the WeChat plugin (doc 90236)."""
        return list(split(plain(markdown), LIMITS[Channel.APP]))

    async def send(self, part: Part) -> Receipt:
        """Text, markdown, a card, a picture, or a post. An unknown userid in the answer is a refusal."""
        to = self._person(part)
        message = await self._picture(part) if part.kind == "image" else _message(part)
        sent = await self._app.message_send([to], message, out_id=part.id if part.repeatable else "")
        if to.casefold() in sent.invalid:
            raise Refused("the app cannot reach this member", errcode=81013)
        return Receipt(platform_id=sent.msgid)

    async def _picture(self, part: Part) -> dict[str, Any]:
        """Uploaded just before it is sent: a media_id lives for three days, a part may wait (doc 90253).

        Such a part must not be `repeatable`: a second upload has another id, so no request is identical to the first.
        """
        try:
            media = await self._app.media_upload("image", part.body["name"], base64.b64decode(part.body["image"]))
        except MaybeDone as error:  # an upload that was lost has sent nothing
            raise TryLater(str(error), after=error.after, errcode=error.errcode) from error
        return {"msgtype": "image", "image": {"media_id": media}}

    def _person(self, part: Part) -> str:
        return str(part.body["to"]) if "to" in part.body else parse_recipient(part.body["recipients"][0]).target


def _message(part: Part) -> dict[str, Any]:
    if part.kind == "relay":  # a person's own words, sizes such as 120*60*75 among them
        return {"msgtype": "text", "text": {"content": part.body["text"]}}
    if part.kind == "menu":
        return {"msgtype": "template_card", "template_card": _menu(part)}
    if part.kind == "card":
        return {"msgtype": "template_card", "template_card": _card(part)}
    if part.kind == "post":
        return {"msgtype": "markdown", "markdown": {"content": fitting(part.body["markdown"], Channel.APP)}}
    return {"msgtype": "text", "text": {"content": plain(part.body["text"])}}


def _menu(part: Part) -> dict[str, Any]:
    """One button per entry; a click comes back with the entry's id as its key."""
    return {
        "card_type": "button_interaction",
        "task_id": part.body["task"],
        "main_title": {"title": part.body["text"][:TITLE_CHARS]},
        "button_list": [{"text": words, "style": 1, "key": id_} for id_, words in part.body["menu"]],
    }


def _card(part: Part) -> dict[str, Any]:
    """A button whose click comes back as the command in its key (template_card_event, doc 90240)."""
    title, _, rest = plain(part.body["text"]).partition("\n")
    return {
        "card_type": "button_interaction",
        "task_id": part.body["task"],
        "main_title": {"title": title[:TITLE_CHARS]},
        "sub_title_text": "\n".join(line for line in rest.splitlines() if line.strip()),
        "button_list": [{"text": "我来接手", "style": 1, "key": part.body["button"]}],
    }


class AppChatChannel:
    """Groups that the app made. One way: what people write there never reaches us (doc 90248)."""

    limits = Limits()

    def __init__(self, app: App) -> None:
        self._app = app

    def pieces(self, markdown: str) -> list[str]:
        return pieces(markdown, Channel.APPCHAT)

    async def send(self, part: Part) -> Receipt:
        chat = parse_recipient(part.body["recipients"][0]).target
        content = fitting(part.body["markdown"], Channel.APPCHAT)
        await self._app.appchat_send(chat, {"msgtype": "markdown", "markdown": {"content": content}})
        return Receipt()
