"""What a member wants of us rather than of the guides: stop, resume, a person.

Wishes are recognised by whole clauses, never by a word inside one: "退货怎么退" and "人工草坪怎么打理" are questions.
"""

import re
from enum import StrEnum

from handlers.plain import clauses


class Wish(StrEnum):
    STOP = "stop"  # nothing unasked any more
    HOW = "how"  # asks how to stop or resume
    RESUME = "resume"  # scheduled content again
    PERSON = "person"  # a human being, please
    GO_ON = "go_on"  # would rather go on with the bot than wait for a person


_LONGEST = 30  # characters; a longer clause tells something, it does not ask for one of these

LEAD = (
    "(?:你好|您好|请问|请|麻烦|你们|你|您|帮忙|帮我|帮|给我|我们|我|现在|马上|立刻|赶紧|还是|那就|那|就|直接|可不可以|能不能"
    "|可以|能|想要|想|要|申请|以后|都|快点|快|求求|求|太烦了|烦死了|好烦){0,5}"
)
TAIL = "(?:吧|了|啊|呀|啦|哦|哈|嘛|好吗|行吗|行不行|可以吗|好不好|谢谢你们|谢谢您|谢谢你|谢谢|多谢|感谢|一下|拜托){0,4}"
_THING = "(?:推送|消息|信息|短信|通知|广告|内容|文章|资讯|群发|东西|提醒|周报|推广|营销|订阅)"
_WHICH = "(?:这些|这种|这类|那些|任何|所有|全部|一切|每周|每天|定时|你们|我|什么|垃圾|营销|推广|育儿|搭配|的){0,4}"
_THINGS = f"(?:{_WHICH}{_THING}(?:和|跟|与)?){{1,3}}"
_STILL = "(?:再|继续|老是|老|总是|总|一直|天天|每天|随便|随意|乱|一个劲){0,3}"
_SEND = "(?:推送|发送|群发|发)(?:给)?"
_BOTHER = "(?:打扰|骚扰|烦)"
_TO_ME = "(?:给|向|对|跟|往)?(?:我们|我|这里|这边)?"

_STOP = (
    f"(?:别|不要|请勿|勿|停止|不许|不准|少来){_STILL}{_TO_ME}{_SEND}(?:我们|我)?(?:{_THINGS})?"
    f"|(?:别|不要|不用){_STILL}(?:{_TO_ME}推{_THINGS}|给(?:我们|我)推)|(?:别|不要|不用)再推"
    f"|(?:别|不要|请勿|勿|停止|少来){_STILL}{_BOTHER}(?:我们|我)|(?:别|不要)再{_BOTHER}"
    f"|(?:不用|不必|不需要|无需)(?:再|继续){_TO_ME}{_SEND}(?:{_THINGS})?"
    f"|(?:不用|不必|不需要|无需){_TO_ME}(?:(?:推送|发送|发){_THINGS}|推送)"
    f"|(?:别|不要|不想|不希望|不愿意|不愿|拒绝|不再|停止|不需要|不用)(?:再|继续|让我|给我){{0,2}}"
    f"(?:收到|接收|接受|收)(?:到)?{_THINGS}"
    "|(?:不想|不要|不希望)再(?:收到|接收)"
    f"|(?:不想|不愿意|不愿)(?:再)?看到{_THINGS}|把{_THINGS}(?:关掉|关|停掉|停|取消掉|取消)"
    f"|(?:取消|关闭|关掉|停止|停掉|终止|屏蔽|拒收|拒绝){_WHICH}(?:消息|广告|内容|资讯|文章)?(?:推送|订阅|群发|广告|推广)"
    "(?:消息|内容|通知)?"
    f"|退订{_THINGS}"
)
_BARE_STOP = "(?:回复|回)?(?:退订|td)|td退订|退订td|unsubscribe"
_RESUME = (
    f"(?:恢复|重新开启|重新打开|重新开始|继续接收|开启|打开)(?:一下)?{_WHICH}(?:消息|内容)?(?:推送|订阅|接收|发送)(?:消息|内容)?"
    "|重新订阅(?:推送)?|继续(?:给我)?推送|(?:取消|撤销)退订"
)
_BARE_RESUME = "订阅(?:推送)?"
_HOW = (
    "(?:怎么|怎样|如何|在哪里|在哪|哪里|咋)(?:才能|可以|能|样){0,2}"
    f"(?:{_STOP}|{_RESUME}|退订|不再?收到?{_THINGS})(?:呢)?"
    f"|(?:可以|能)退订[吗么]|(?:{_STOP}|{_RESUME}|退订)(?:要)?(?:怎么|如何)(?:操作|弄|设置)"
)

_AGENT = (
    "(?:(?:人工|真人|活人)(?:客服|顾问|服务|坐席|座席)?|(?:在线|专属)?客服(?:人员|小姐姐|经理|老师)?"
    "|(?:专属)?顾问(?:老师)?|工作人员|负责人)"
)
_SOME = "(?:一个|一位|一名|一下|个|位|下|到|给|你们的|你们){0,2}"
_DO = (
    "(?:帮我|给我|来|直接){0,2}"
    "(?:处理|解决|回答|回复|沟通|聊聊|聊天|聊|说话|说|谈谈|谈|咨询|投诉|反馈|问问|问|接待|服务|看看)"
)
_PERSON = (
    f"(?:转接|转到|转给|转|接入|接通|联系|呼叫|找|叫|换|连线){_SOME}{_AGENT}(?:来|{_DO}){{0,2}}"
    f"|(?:跟|和|与|让|由){_SOME}{_AGENT}{_DO}"
    "|(?:换|找|叫|来|派)(?:一)?(?:个|位)(?:活|真)?人(?:来|跟我|和我){0,2}(?:说话|聊聊|聊|处理|回答|沟通|回复)?"
    "|(?:跟|和|与|找)(?:你们?的?|您的?)(?:人|领导|老板|经理|主管|负责人|管事的|同事)(?:聊|说|谈|讲|沟通|反映|投诉|说话|谈谈|聊聊)"
    "|换(?:一)?(?:个|位)?人(?:来)?(?:跟|和)我(?:说话|说|聊|讲|谈|沟通)"
    "|(?:别|不要)(?:再)?(?:让|用|叫|拿)(?:这个|个)?机器人(?:来)?(?:回复|回答|回|敷衍|糊弄|应付|打发|忽悠)(?:我)?"
    "|(?:跟|和|与|同|找|让|换|叫)(?:一)?(?:个|位)?(?:真的?|活的?|大活)?人(?:来)?(?:聊聊天?|聊天|聊一下|聊几句|聊|说话"
    "|说说话?|谈谈|谈一下|谈|沟通|对话|倾偈|倾下|讲话|讲)"
    "|(?:给我|来|派|换|叫|要|找)(?:一)?(?:个|位)?(?:真的?|活的?|大活)人(?:来)?|(?:我|我们)?(?:要|想|需要)(?:见|找|跟"
    "|和)?(?:一)?(?:个|位)?(?:真的?|活的?|大活)人"
    "|(?:你们|您们|你家|贵司|客服|后台|那边|这边|这里|这儿|到底){0,3}(?:还)?(?:有没有|有冇|有)(?:一)?(?:个)?(?:真|活"
    "|会说话的|能说话的|喘气的|能管事的|管事的|能做主的)的?人(?:在)?(?:没有|没|不|冇)?(?:吗|么|啊|呀|的)?"
    "|(?:你们|贵司)?(?:有没有|有)(?:一)?(?:个)?(?:人工|真人|活人|客服)(?:没有|没|冇)"
    "|(?:让|叫|找|请|喊)(?:一下)?(?:你们?的?|您的?)(?:老板|经理|主管|领导|负责人|管事的?|上级|店长)(?:来|出来|过来"
    "|说话|接电话|联系我|跟我说|和我说|回复我?)+"
    "|(?:我)?(?:不想|不要|别|不愿意|不愿|受够了|懒得)(?:再)?(?:跟|和|与|用|让)?(?:你这个|你个|这个|一个)?(?:机器|电脑"
    "|程序|人机|客服机器人)(?:人)?(?:说话|聊天|聊|回复|回答|对话|沟通|废话)"
    "|(?:不想|不要|别|不愿意|不愿)(?:再)?(?:跟|和|与|用|让)(?:你这个)?(?:机器人|ai|智能助手)(?:说话|聊天|聊|回复|回答|对话|沟通)?"
)
_BARE_PERSON = (
    f"(?:要|需要|来|请|接|有没有|有){_SOME}{_AGENT}(?:吗|在吗|么)?"
    "|(?:人工|真人|活人|客服|人工客服|真人客服|在线客服|人工服务|人工顾问|真人顾问)(?:在吗|在不在|在线吗|呢)?"
    f"|(?:怎么|怎样|如何|咋)(?:才能|能|可以|样)?(?:转接|转到|转|找到|找|联系上|联系){_SOME}{_AGENT}(?:呢)?"
)

_BOT = "(?:机器人|智能助手|助手|ai|分寸|你|您)"
_COLLEAGUE = "(?:(?:人工|真人|活人|在线)(?:客服|顾问)?|顾问|客服|同事|工作人员)"
_NO_MORE = "(?:先不|暂时不|别|不用|不要|不必|不需要|无需|甭|取消)(?:用|要|再|麻烦|给我|帮我|你们|继续){0,2}"
_BRING = "(?:转接|转到|转给|转|排队等|等|叫|找|请|喊|派|联系|麻烦)"
_ENOUGH = "(?:就行|就好|就可以|也行|也可以|吧)"
# A bare 不 only with the colleague: 孩子不叫人 and 洗衣机不转了 are told of, not wished for.
_GO_ON = (
    f"(?:算了|算啦|好吧)?(?:{_NO_MORE}(?:了?{_COLLEAGUE}来?|{_BRING}了?(?:{_COLLEAGUE}|别?人来?|他们)|人来?|转接|转过去|转|排队等?|等待|等)"
    f"|不(?:想|再)?{_BRING}了?{_COLLEAGUE}|不(?:再)?(?:等|排队)"
    f"|{_BOT}?(?:继续|接着)(?:回答|问你?|聊|说|答)(?:我|你)?"
    f"|(?:让|叫|由)?{_BOT}你?(?:来|先|直接|还是){{1,2}}(?:帮我)?(?:回答|解答|回复|答)(?:我|一下)?{_ENOUGH}?"
    f"|(?:让|叫|由)?{_BOT}(?:回答|解答|回复|答)我?{_ENOUGH}|还是问你{_ENOUGH}?)"
)
_BY_MYSELF = (
    "(?:我)?(?:自己|自个儿)(?:先|再|来){0,2}(?:看看|看|查查|查|弄|找|想办法|解决|研究|处理)(?:一下|就行|就好|好了)?"
)
# Not 没事了: who writes it after a danger sign may be wrong, and a colleague should still look.
_BARE_GO_ON = (
    "继续|继续问|接着问|取消|(?:先)?不转|(?:算了|算啦)?(?:不用|不需要|不必|用不着|不麻烦)(?:你们|人家|他们)?(?:了|啦)"
    f"(?:{_BY_MYSELF})?|(?:让|叫|由)?{_BOT}你?(?:来|先|直接){{0,2}}(?:说|讲|来)(?:说|讲)?{_ENOUGH}"
)
_ACCEPT = re.compile(
    "(?:好的?|要的?|需要|可以的?|行|嗯+|是的?|对|转|转吧|麻烦了?|麻烦您?|帮我转|那就转|请转|ok|好呀|好啊|好吧|叫吧|找吧|要呢)+(?:谢谢|吧|啊|呀|哦)?"
)

_REPEATED = re.compile(r"^(.{2,12}?)\1+$")  # 转人工转人工
# "发" as in sending messages, not as in 沙发, 发货, 发票, 发烧.
_ABOUT_SENDING = re.compile("(?<!沙)发(?![货票烧热现生])|推送|消息|广告|打扰|骚扰|烦|刷屏")
_FILLER = re.compile("(?:你好|您好|在吗|请问|谢谢你们|谢谢您|谢谢你|谢谢|多谢|麻烦了|麻烦您了|拜托了|好的|嗯|算了)+")


def phrase(body: str) -> re.Pattern[str]:
    """`body` with what politeness puts around it; a question only where it begs ("能…吗")."""
    return re.compile(f"{LEAD}(?:{body}){TAIL}|{LEAD}(?:可以|能){LEAD}(?:{body})了?[吗么]")


# Clear in any company, and clear only when nothing else is said.
_ANYWHERE = (
    (Wish.STOP, phrase(_STOP)),
    (Wish.RESUME, phrase(_RESUME)),
    (Wish.PERSON, phrase(_PERSON)),
    (Wish.GO_ON, phrase(_GO_ON)),
)
_ALONE = (
    (Wish.HOW, phrase(_HOW)),
    (Wish.STOP, phrase(_BARE_STOP)),
    (Wish.RESUME, phrase(_BARE_RESUME)),
    (Wish.PERSON, phrase(_BARE_PERSON)),
    (Wish.GO_ON, phrase(_BARE_GO_ON)),
)
_STOP_BESIDE_A_COMPLAINT = phrase(_BARE_STOP)


def wish_in(text: str) -> Wish | None:
    """The wish that `text` holds, if any. Pure; unreadable or very long texts hold none."""
    said = clauses(text)
    rest = [clause for clause in said if not _FILLER.fullmatch(clause)]
    whole = _REPEATED.sub(r"\1", "".join(said))
    return (
        _first(_ALONE, [_REPEATED.sub(r"\1", "".join(rest)), whole])
        or _first(_ANYWHERE, [whole, *said])
        or (Wish.STOP if _stops_a_nuisance(rest) else None)
    )


def accepts(text: str) -> bool:
    """Whether `text` says yes to a person who was just offered, and nothing else."""
    bare = "".join(clauses(text))
    return len(bare) <= 8 and _ACCEPT.fullmatch(bare) is not None


def only_a_wish(text: str) -> bool:
    """Whether `text` says nothing beside its wish, so that what it is about must be looked for in earlier lines."""
    rest = [clause for clause in clauses(text) if not _FILLER.fullmatch(clause)]
    known = (*_ANYWHERE, *_ALONE)
    return bool(_first(known, ["".join(rest)])) or all(_first(known, [clause]) for clause in rest)


def _first(phrases: tuple[tuple[Wish, re.Pattern[str]], ...], candidates: list[str]) -> Wish | None:
    short = [candidate for candidate in candidates if 0 < len(candidate) <= _LONGEST]
    return next((wish for wish, phrase in phrases if any(phrase.fullmatch(clause) for clause in short)), None)


def _stops_a_nuisance(rest: list[str]) -> bool:
    """ "天天发，烦死了，退订" is about our messages; "订的酒店不去了，我要退订" is not."""
    wishes = [clause for clause in rest if len(clause) <= _LONGEST and _STOP_BESIDE_A_COMPLAINT.fullmatch(clause)]
    others = [clause for clause in rest if clause not in wishes]
    return bool(wishes) and any(_ABOUT_SENDING.search(clause) for clause in others)
