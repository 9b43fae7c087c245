"""Every fixed sentence that a member or a colleague can read, in one place.

Wording is fixed on purpose: no internal error text ever gets into one of these.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_ABOUT = "空间搭配、育儿、服务规则"

WELCOME = (
    "您好，我是分寸，一位智能助手（AI）。\n\n"
    f"可以问我：{_ABOUT}，直接发文字就行。\n\n"
    "聊天内容只用来回答您和改进资料，最多保存 {days} 天；看回复“我的数据”，删回复“删除我的数据”。\n\n"
    "想找真人，回复“转人工”；不想收到我主动发的内容，回复“退订”。"
)
# Once below the first answer to somebody who was not greeted.
FIRST_CONTACT = (
    "（我是智能助手（AI）分寸，不是真人。聊天最多保存 {days} 天；看或删回复“我的数据”，"
    "不想收主动消息回复“退订”，找真人回复“转人工”。）"
)

# Self-service
STOPPED = "好的，已为您退订"  # how the confirmation begins
OPTED_OUT = f"{STOPPED}，我不会再主动给您发内容。您有问题照样可以随时问我，我都会回答。想再收到，回复“恢复推送”就行。"
OPTED_IN = "好的，已为您恢复推送，有合适的内容我会发给您。不想收了，随时回复“退订”。"
HOW_TO_STOP = "回复“退订”，我就不再主动给您发内容，提问照样回答；想再收到，回复“恢复推送”。"
_NOTED = "已为您登记，同事看到后会联系您。"

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
LAUGHED = "我在呢，想问什么随时发给我。"
GO_AHEAD = "好的，您请说。"
LET_GO = "好的，那先这样。需要的时候随时找我。"
PRAISED = "谢谢您的夸奖，能帮上您就好。有需要随时找我。"
LIKED = "谢谢您的喜欢！我是智能助手，帮您解答问题就是我最高兴的事。"
NOT_LIVE = f"天气、时间、新闻这些实时的信息我查不到。{_ABOUT}，都可以问我。"
NO_GIFTS = "红包我发不了。积分和会员权益的规则可以问我，有没有活动，回复“转人工”请同事告诉您。"
NO_CHATTER = f"闲聊我不太在行。{_ABOUT}，问我就对了；想和真人说话，回复“转人工”。"
NO_MATTER = "没关系。有需要随时找我。"
LIKEWISE = "谢谢您，也祝您和家人一切都好！"
COMFORT = f"您辛苦了，抱抱您。想找人说说，回复“转人工”；{_ABOUT}，哪件事让您费心，也可以问我。"
WHAT_TO_SAY = (
    f"直接发文字问我就行：{_ABOUT}。\n\n"
    "也可以回复这些话：\n\n"
    "- 转人工：请同事来\n"
    "- 我的设置：看推送的频率、主题和开关\n"
    "- 少发点、静音7天、只看育儿：少收一些\n"
    "- 退订、恢复推送：不收，或再收\n"
    "- 为什么给我发这个：最近一条为什么发\n"
    "- 我的数据、导出我的数据、删除我的数据"
)
USEFUL = "谢谢您的反馈，能帮上就好。"
USELESS = "抱歉没帮上忙，已经记下来改进。换个说法再问一次也行；需要的话回复“转人工”，我请同事来。"
RATE_GOOD, RATE_BAD = "有用", "没用"  # the entries below an answer

# Said by the desk
APOLOGY = "抱歉，这条我没能处理好，已经记下并通知同事。需要的话回复“转人工”。"
BUDGET = "先说到这里。想接着了解，再发我一句就行。"
_GO_ON = "想让我继续回答，回复“继续问”。"
_HANDED_OVER = f"已为您转接人工顾问{{name}}，请稍候，顾问会在这里直接回复您。{_GO_ON}"
_HANDED_OVER_LATER = f"已为您转给人工顾问{{name}}。现在是休息时间，顾问 {{when}} 上班后会在这里回复您。{_GO_ON}"
# In WeCom's pool nobody but a colleague can say anything (doc 94669), so that going on with us is not offered.
_QUEUED_LATER = "已为您排队等候人工顾问。现在是休息时间，顾问 {when} 上班后会在这里回复您。"
QUEUED = "已为您排队等候人工顾问，有顾问空下来就会在这里回复您。"
NOBODY = f"现在没有顾问在线（工作时间 {{hours}}）。已为您登记，{{when}}会在这里回复您。{_GO_ON}"

# The same where somebody is in danger: the advice stands above, and nothing may sound like waiting.
_FIRST = "请先按上面说的做，马上就医或求助，不要等我们回复。"
_URGENT_HANDED_OVER = f"已转给人工顾问{{name}}，顾问会在这里回复您。{_FIRST}"
_URGENT_QUEUED = f"已为您排队等候人工顾问。{_FIRST}"
_URGENT_NOBODY = f"现在没有顾问在线（工作时间 {{hours}}），已登记为紧急。{_FIRST}"

# Below the advice, where the session had to be ended to say it: only the member can open it again (doc 94669).
FREED = "已紧急提醒顾问。您方便时回我一句，我马上再为您接顾问。"

GOES_ON = "好的，我继续为您解答，请说。同事那边的登记还在，需要真人随时回复“转人工”。"
_SILENT = "在同事来之前，我先不插话；想让我接着回答，回复“继续问”。"
_COMES = "已经请同事来帮您，会尽快在这里回复您。"
_COMES_LATER = "已为您登记。现在是休息时间，同事 {when} 上班后会联系您。"
_UPSET = "给您添堵了，真的抱歉。"
IF_UPSET = "如果有哪里让您不满意，回复“转人工”，我马上请同事来。"  # where a mood was near the line

# How it was, asked once after a colleague was done
HOW_WAS_IT = "这次人工服务您满意吗？点一下告诉我们。"
HOW_WAS_IT_TYPED = "顾问这边处理完了，接下来由我继续为您服务。这次服务满意请回复 1，一般回复 2，不满意回复 3。"
SCORES = {3: "满意", 2: "一般", 1: "不满意"}
THANKS_FOR = {
    3: "谢谢您的肯定，有需要随时找我。",
    2: "谢谢您的反馈，我们会做得更好。",
    1: "抱歉没让您满意，已经记下。需要的话回复“转人工”，我再请同事来帮您。",
}

# Between a colleague and the member they serve, where their words pass through us
BY_COLLEAGUE = "【顾问】"
ANSWERED_BY_COLLEAGUE = "同事会在这里回复您。"
TEXT_ONLY = "图片和文件转不过去，没有发给 {number} 号会员。请用文字说，或在企业微信里直接发给对方。"
GOES_TO = "这句发给 {number} 号会员。换人先发 /take 单号。"
NOT_YOURS = "这句没有发出：转接单已经结束，或者换人处理了。发 /handoffs 看现在的情况。原文：{text}"
FROM_MEMBER = "{number} 号会员：{text}"
FROM_MEMBER_ON = "{number} 号会员（接上条）：{text}"
FROM_MEMBER_BEFORE = "{number} 号会员等待时说的："
CUT_SHORT = "{number} 号会员这条太长，后面的没有转过来。"
NOT_CARRIED = (
    "没能发给 {number} 号会员：{why}。请等对方再发消息时回复，或在企业微信里直接联系 {person}。没发出的原文：{text}"
)
PERHAPS_CARRIED = "发给 {number} 号会员的这句没有收到回执，可能已经送到，为免重复没有再发。请留意对方的回应：{text}"
NO_WAY = "现在没有办法主动发给对方"
TOO_LATE = "一直发不出去"
UNSAID = "🔴【紧急】会员 {person} 有危险信号，下面的建议微信没让助手送到。请马上联系会员，告诉对方：\n\n{advice}"
TAKEN_OVER = "{number} 号已由 {who} 接手，您不用再处理。"
PASSED_ON = "{number} 号会员还没等到您的第一句话，已改请 {who} 接手。您要继续处理，发 /take {number}。"
COLLEAGUE_GONE = "{number} 号的会员发来消息，但 {who} 收不到应用消息，已改为等待接手，请尽快安排同事：/take {number}。"
NOT_RELAYED = "{number} 号会员的一条消息没能转给 {who}，请人工跟进。"
_MEDIA = {"image": "一张图片", "video": "一段视频", "voice": "一段语音", "location": "一个位置", "link": "一个链接"}

# Why a ticket was opened: what handlers write into `HandOff.reason`, and how people read it.
MEMBER_ASKED = "member_asked"
UPSET = "upset"
UNSOLVED = "unsolved"
URGENT = "urgent"
BEYOND_GUIDES = "beyond_guides"
STEPPED_IN = "stepped_in"
_REASONS = {
    MEMBER_ASKED: "主动要求人工",
    UPSET: "不满意",
    UNSOLVED: "回访说没有解决",
    URGENT: "紧急情况",
    BEYOND_GUIDES: "指南答不了",
    STEPPED_IN: "同事主动接待",
}
_MOODS = {
    "calm": "平静",
    "positive": "满意",
    "anxious": "着急",
    "dissatisfied": "不满",
    "angry": "生气",
    "furious": "非常生气",
    "complaint": "投诉",
}

# After a matter was resolved
FOLLOW_UP = "之前的问题，现在解决了吗？回复“解决了”或“没有”就行。"
SOLVED = "太好了，谢谢您告诉我。有需要随时找我。"
MISREAD = "已记为误判，谢谢。这几条会去掉个人信息，留作校正的例子。"

_WEEKDAYS = "一二三四五六日"


def called(reason: str, *, opens: datetime | None, zone: str, heard: bool) -> str:
    """What a member reads when a person was called where no platform hands them over: who comes, when, and what we do.

    `reason` of the ticket; `opens` is the next working moment where nobody works now; `heard`: a colleague gets a page.
    """
    comes = _COMES_LATER.format(when=moment(opens, zone)) if opens else _COMES if heard else _NOTED
    if reason == URGENT:
        return f"{comes}{_FIRST}"
    return f"{_sorry(reason)}{comes}{_SILENT}"


def _sorry(reason: str) -> str:
    """Who is upset reads first that we are sorry."""
    return _UPSET if reason == UPSET else ""


def mood_words(mood: str) -> str:
    """A mood, or the reason of a hold, in words; one we have no words for is shown as it is."""
    return _MOODS.get(mood, mood)


def nobody(hours: str, reason: str = "", back: str = "") -> str:
    """What a member reads when no consultant takes it; `hours` as in the settings, `reason` of the ticket.

    `back`: when colleagues are back, as `moment` says it; empty while they should be there.
    """
    when = f"顾问 {back} 上班后" if back else "顾问上线后"
    said = _URGENT_NOBODY if reason == URGENT else NOBODY
    return _sorry(reason) + said.format(hours=opening(hours), when=when)


def handed_over(reason: str, name: str = "", back: str = "") -> str:
    """What a member reads when a consultant (called `name`) has the session; `reason` and `back` as in `nobody`."""
    if reason == URGENT:
        return _URGENT_HANDED_OVER.format(name=name)
    said = _HANDED_OVER_LATER if back else _HANDED_OVER
    return _sorry(reason) + said.format(name=name, when=back)


def queued(reason: str, back: str = "") -> str:
    """What a member reads in the platform's waiting pool; `reason` and `back` as in `nobody`."""
    if reason == URGENT:
        return _URGENT_QUEUED
    return _sorry(reason) + (_QUEUED_LATER.format(when=back) if back else QUEUED)


def opening(hours: str) -> str:
    """Working hours of the settings ("09:00-12:00,13:00-21:00") as people write them."""
    return "、".join(part.strip() for part in hours.split(",") if part.strip())


def reason_words(reason: str) -> str:
    """A ticket's reason in words; one we have no words for is shown as it is."""
    return _REASONS.get(reason, reason)


def handoff_notice(ticket_number: int, person_short: str, reason: str, ask: str, head: str = "") -> str:
    """What consultants are told about a ticket, in Markdown; `person_short` comes from `shorten`.

    An urgent one says so first, and what is wanted of them. `head` replaces the first line.
    """
    urgent = reason == URGENT
    head = head or (f"🔴【紧急】转接单 {ticket_number} 号" if urgent else f"新的转接单 {ticket_number} 号")
    wanted = "请马上联系会员，确认已经就医或求助。" if urgent else ""
    return (
        f"**{head}**\n\n"
        f"- 会员：{person_short}\n"
        f"- 原因：{reason_words(reason)}\n"
        f"- 想问：{one_line(ask, 100) or '（没有文字）'}\n\n"
        f"{wanted}接手发 /take {ticket_number}，处理完发 /return {ticket_number}。"
    )


def sent_media(msgtype: str) -> str:
    """What a colleague reads instead of a member's picture or file: that there is one, and where to see it."""
    return f"（发来{_MEDIA.get(msgtype, '一个文件')}，内容不经这里转发，请在企业微信里直接向对方要。）"


def shorten(person: str) -> str:
    """Enough of an id to recognise it, not enough to use it."""
    return person if len(person) <= 8 else f"{person[:4]}…{person[-4:]}"


def one_line(text: str, limit: int) -> str:
    """`text` on one line of at most `limit` characters, the last one "…" where something was left out."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def lasted(time: timedelta) -> str:
    """How long something takes, as people say it: "35 分钟", "5 小时 20 分钟", "2 天 9 小时"."""
    minutes = max(0, int(time.total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    said = [(days, "天"), (hours, "小时")] if days else [(hours, "小时"), (minutes, "分钟")]
    return " ".join(f"{count} {unit}" for count, unit in said if count) or "0 分钟"


def moment(at: datetime, zone: str) -> str:
    """An aware time as people of `zone` say it: "11-26 周四 10:00"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%m-%d} 周{_WEEKDAYS[local.weekday()]} {local:%H:%M}"
