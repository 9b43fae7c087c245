"""Template cards: what may stand where (90236, 99110, 101032) and what people see of it."""

import re
from typing import Any, Literal

from bot.sandbox.fields import Body, Rejected, many, text

Where = Literal["app", "bot", "webhook"]
NOTICES = ("text_notice", "news_notice")
INTERACTIVE = ("button_interaction", "vote_interaction", "multiple_interaction")
_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")


def check_card(card: Body, where: Where, used: set[str], *, update: bool = False) -> str:
    """The text shown for a card; Rejected with the document's code. `used` are the task ids that were there before."""
    kind = text(card, "card_type", empty=42031)
    if kind not in NOTICES + (() if where == "webhook" else INTERACTIVE):
        raise Rejected(42031, f"card_type {kind} is not possible here")
    _check_lists(card)
    if kind in NOTICES:
        _check_notice(card, kind)
    else:
        _check_interactive(card, kind)
    _check_menu(card)
    if not update:
        _check_task(card, kind, used)
    return shown(card)


def shown(card: Body) -> str:
    """A card in one text: title, description, lines, buttons in brackets."""
    title = card.get("main_title") or {}
    lines = [title.get("title", ""), title.get("desc", ""), card.get("sub_title_text", "")]
    lines += [f"{row.get('keyname', '')}：{row.get('value', '')}" for row in card.get("horizontal_content_list") or []]
    lines += [row.get("title", "") for row in card.get("vertical_content_list") or []]
    lines += [f"[{button.get('text', '')}]" for button in card.get("button_list") or []]
    if card.get("submit_button"):
        lines.append(f"[{card['submit_button'].get('text', '')}]")
    return "\n".join(line for line in lines if line)


def _objects(card: Body, name: str, *, high: int, code: int, required: bool = False) -> list[dict[str, Any]]:
    """A list of objects; the same code for a wrong number of them."""
    rows = many(card, name, high=high, too_many=code)
    if (required and not rows) or not all(isinstance(row, dict) for row in rows):
        raise Rejected(code, f"{name} is missing or wrong")
    return rows


def _check_lists(card: Body) -> None:
    for row in _objects(card, "horizontal_content_list", high=6, code=42035):
        text(row, "keyname", empty=42027)
        if row.get("type") == 1:
            text(row, "url", empty=42028)
        if row.get("type") == 2:
            text(row, "media_id", empty=42029)
        if row.get("type") == 3:
            text(row, "userid", empty=42050)
    _objects(card, "vertical_content_list", high=4, code=42036)
    for row in _objects(card, "jump_list", high=3, code=42042):
        if row.get("type") == 1:
            text(row, "url", empty=42028)


def _check_notice(card: Body, kind: str) -> None:
    title = (card.get("main_title") or {}).get("title")
    if not title and not (kind == "text_notice" and card.get("sub_title_text")):
        raise Rejected(42033, "title is missing")
    action = card.get("card_action")
    if not isinstance(action, dict) or action.get("type") not in (1, 2):
        raise Rejected(42045, "card_action is missing")
    text(action, "url" if action["type"] == 1 else "appid", empty=42028 if action["type"] == 1 else 42030)
    if kind == "news_notice" and not (card.get("card_image") or card.get("image_text_area")):
        raise Rejected(42044, "card_image is missing")


def _check_interactive(card: Body, kind: str) -> None:
    if not (card.get("main_title") or {}).get("title"):
        raise Rejected(42033, "title is missing")
    if kind == "button_interaction":
        for button in _objects(card, "button_list", high=6, code=42038, required=True):
            _short(button, "text", 42038)
            if button.get("type", 0) == 0:
                text(button, "key", limit=1024, too_long=42039, empty=42039)
        return
    if kind == "vote_interaction":
        _check_choice(card.get("checkbox") or {}, 20)
    else:
        for choice in _objects(card, "select_list", high=3, code=42047, required=True):
            _check_choice(choice, 10)
    submit = card.get("submit_button") or {}
    _short(submit, "text", 42049)
    text(submit, "key", limit=1024, too_long=42046, empty=42046)


def _check_choice(choice: Body, high: int) -> None:
    text(choice, "question_key", empty=42043)
    for option in _objects(choice, "option_list", high=high, code=42037, required=True):
        text(option, "id", limit=128, too_long=42040, empty=42040)
        text(option, "text", empty=42041)


def _check_menu(card: Body) -> None:
    menu = card.get("action_menu")
    if menu is None:
        return
    keys = [text(row, "key", limit=1024) for row in _objects(menu, "action_list", high=3, code=42051, required=True)]
    if len(set(keys)) != len(keys):
        raise Rejected(42051, "menu keys clash")


def _check_task(card: Body, kind: str, used: set[str]) -> None:
    task = text(card, "task_id", empty=None)
    if not task and (kind in INTERACTIVE or card.get("action_menu")):
        raise Rejected(40058, "task_id is missing")
    if not task:
        return
    if not _TASK_ID.fullmatch(task):
        raise Rejected(40058, "task_id has wrong characters or is too long")
    if task in used:
        raise Rejected(40058, "task_id was used before")
    used.add(task)


def _short(body: Body, name: str, code: int) -> None:
    """A label of at most ten characters."""
    if len(text(body, name, empty=code)) > 10:
        raise Rejected(code, f"{name} is longer than 10 characters")
