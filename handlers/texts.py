"""Every fixed sentence that a member or a colleague can read, in one place.

Wording is fixed on purpose: no internal error text ever gets into one of these.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

_ABOUT = "空间搭配、育儿、服务规则"

WELCOME = (
    "您好，我是分寸，一位智能助手（AI）。\n\n"
    f"可以问我：{_ABOUT}，直接发文字就行。\n\n"
    "想找真人，回复“转人工”；不想收到我主动发的内容，回复“退订”。"
)

# Self-service
OPTED_OUT = (
    "好的，已为您退订，我不会再主动给您发内容。您有问题照样可以随时问我，我都会回答。想再收到，回复“恢复推送”就行。"
)
OPTED_IN = "好的，已为您恢复推送，有合适的内容我会发给您。不想收了，随时回复“退订”。"
HOW_TO_STOP = "回复“退订”，我就不再主动给您发内容，提问照样回答；想再收到，回复“恢复推送”。"
_PAGED = "已经通知同事，会尽快直接联系您。工作时间是 {hours}，其他时间请稍等；这期间您也可以继续问我。"
_NOTED = "已为您登记，同事看到后会联系您。工作时间是 {hours}；这期间您也可以继续问我。"

# The answer
WAITED = "让您久等了。"
SEARCHING = "正在查资料，请稍等…"
LATER = "还没整理好，稍后补给您。"
GONE = "这条消息等得太久了，请再发一次，我马上回答。"
MEDIA = "抱歉，我目前只看得懂文字。麻烦用文字说说您的问题；需要真人看，回复“转人工”。"
WORDLESS = f"收到啦。想聊{_ABOUT}，直接发文字给我就好。"
HELLO = f"您好，我在。{_ABOUT}，都可以直接问我；想找真人，回复“转人工”。"
WHO = f"我是分寸，一位智能助手（AI），不是真人。{_ABOUT}，都可以问我，我按资料里写的回答；想找真人，回复“转人工”。"
GLAD = "好的，有需要随时找我。"
USEFUL = "谢谢您的反馈，能帮上就好。"
USELESS = "抱歉没帮上忙，已经记下来改进。换个说法再问一次也行；需要的话回复“转人工”，我请同事来。"
RATE_GOOD, RATE_BAD = "有用", "没用"  # the entries below an answer

# Said by the desk
APOLOGY = "抱歉，这条我没能处理好，已经记下并通知同事。需要的话回复“转人工”。"
BUDGET = "先说到这里。想接着了解，再发我一句就行。"
HANDED_OVER = "已为您转接人工顾问，请稍候，顾问会在这里直接回复您。"
QUEUED = "已为您排队等候人工顾问，有顾问空下来就会在这里回复您。"
NOBODY = "现在没有顾问在线（工作时间 {hours}）。已为您登记，顾问上线后会联系您；这期间您也可以继续问我。"

# The same where somebody is in danger: the advice stands above, and nothing may sound like waiting.
_FIRST = "请先按上面说的做，马上就医或求助，不要等我们回复。"
_URGENT_HANDED_OVER = f"已转给人工顾问，顾问会在这里回复您。{_FIRST}"
_URGENT_QUEUED = f"已为您排队等候人工顾问。{_FIRST}"
_URGENT_NOBODY = f"现在没有顾问在线（工作时间 {{hours}}），已登记为紧急。{_FIRST}"

# Why a ticket was opened: what handlers write into `HandOff.reason`, and how people read it.
MEMBER_ASKED = "member_asked"
URGENT = "urgent"
BEYOND_GUIDES = "beyond_guides"
_REASONS = {MEMBER_ASKED: "主动要求人工", URGENT: "紧急情况", BEYOND_GUIDES: "指南答不了"}

_WEEKDAYS = "一二三四五六日"


def paged(hours: str) -> str:
    """What a member reads where a colleague will get in touch directly; `hours` as in the settings."""
    return _PAGED.format(hours=opening(hours))


def noted(hours: str) -> str:
    """What a member reads where a ticket was opened and no colleague can be paged; `hours` as in the settings."""
    return _NOTED.format(hours=opening(hours))


def nobody(hours: str, reason: str = "") -> str:
    """What a member reads when no consultant is on shift; `hours` as in the settings, `reason` of the ticket."""
    return (_URGENT_NOBODY if reason == URGENT else NOBODY).format(hours=opening(hours))


def handed_over(reason: str) -> str:
    """What a member reads when a consultant has the session; `reason` of the ticket."""
    return _URGENT_HANDED_OVER if reason == URGENT else HANDED_OVER


def queued(reason: str) -> str:
    """What a member reads in the platform's waiting pool; `reason` of the ticket."""
    return _URGENT_QUEUED if reason == URGENT else QUEUED


def opening(hours: str) -> str:
    """Working hours of the settings ("09:00-12:00,13:00-21:00") as people write them."""
    return "、".join(part.strip() for part in hours.split(",") if part.strip())


def reason_words(reason: str) -> str:
    """A ticket's reason in words; one we have no words for is shown as it is."""
    return _REASONS.get(reason, reason)


def handoff_notice(ticket_number: int, person_short: str, reason: str, ask: str) -> str:
    """What consultants are told about a ticket, in Markdown; `person_short` comes from `shorten`.

    An urgent one says so first, and what is wanted of them.
    """
    urgent = reason == URGENT
    head = f"🔴【紧急】转接单 {ticket_number} 号" if urgent else f"新的转接单 {ticket_number} 号"
    wanted = "请马上联系会员，确认已经就医或求助。" if urgent else ""
    return (
        f"**{head}**\n\n"
        f"- 会员：{person_short}\n"
        f"- 原因：{reason_words(reason)}\n"
        f"- 想问：{one_line(ask, 100) or '（没有文字）'}\n\n"
        f"{wanted}接手发 /take {ticket_number}，处理完发 /return {ticket_number}。"
    )


def shorten(person: str) -> str:
    """Enough of an id to recognise it, not enough to use it."""
    return person if len(person) <= 8 else f"{person[:4]}…{person[-4:]}"


def one_line(text: str, limit: int) -> str:
    """`text` on one line of at most `limit` characters, the last one "…" where something was left out."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def moment(at: datetime, zone: str) -> str:
    """An aware time as people of `zone` say it: "11-26 周四 10:00"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%m-%d} 周{_WEEKDAYS[local.weekday()]} {local:%H:%M}"
