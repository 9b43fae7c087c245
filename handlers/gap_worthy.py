"""What no guide could ever answer, though it got no answer: orders to the bot, slash-commands, complaints about it."""

import re
import unicodedata

from handlers.commands.parse import parse
from handlers.plain import clauses

_RULES = "(?:规则|规定|指令|指示|提示词?|设定|设置|限制|要求|约束|命令)(?!的)"
_ALL = "(?:你|您|的|之前|先前|此前|以前|前面|以上|上面|上述|一切|所有|全部|任何|系统)+"
_ORDERS = (
    f"(?:请|你|您|现在|马上|立刻|从现在起|从现在开始|帮我|把)*(?:忽略|无视|忘记|忘掉|忘了|不管|别管|抛开|放弃){_ALL}{_RULES}",
    "(?:从现在(?:开始|起)|现在起|接下来)你(?:就)?(?:是|叫|要?扮演)",
    "(?:请|现在|请你|你来|你现在)*(?:扮演|模仿|充当)(?:一个|一名|一位)",
    "(?:请|现在|请你|你来|你现在)*(?:假装|假设|想象)(?:你|没有任何)",
)
_ORDERED = re.compile("|".join(_ORDERS))
_INSIDE = re.compile(r"系统提示|提示词|systemprompt|开发者模式|developermode|jailbreak")
_ENGLISH = re.compile(
    r"\b(?:ignore|disregard|forget)\b[\w\s]{0,40}\b(?:instructions?|rules?|prompts?)\b|\bsystem prompt\b"
    r"|\b(?:you are now|pretend (?:to be|you)|act as)\b"
)

_SOFT = (
    "(?:你们?|您|这个?|那个?|真的?|真是|好|太|都|还|也|就|又|怎么|根本|完全|压根|一点都?|是不是|到底|简直|什么"
    "|的|了|啊|呀|吧|吗|呢|嘛)*"
)
_BOT = "(?:机器人|机器|助手|客服|ai|人工智能|程序|回答|答案)"
_COMPLAINTS = (
    "(?:没有?|不|听不|看不|读不|弄不|搞不)(?:听|看|读|弄|搞)?(?:懂|明白|清楚|理解)"
    "(?:我?(?:的话|说的话|说话|的意思|的问题|在说什么|说什么|说的是?什么|在问什么|问的是?什么|说的|问的|意思|问题)|人话)?",
    "(?:答非所问|文不对题|驴唇不对马嘴|牛头不对马嘴|胡说八道|胡说|瞎说|乱说|乱答|敷衍|听不懂人话|不说人话|说人话)",
    "(?:理解|搞|弄|答|说|回答)?(?:错|反|的?不对|得不对|偏)",
    "(?:我)?(?:问|说)的?(?:不是这个|不是这|根本不是这个)|我不是问这个|不是这个意思|不是这个",
    f"(?:人工智障|智障|废物|垃圾|破|笨|蠢|傻|没用|烂|差劲|弱智){_SOFT}{_BOT}?",
    f"{_BOT}{_SOFT}(?:智障|废物|垃圾|破|笨|蠢|傻|没用|烂|差劲|弱智|不行)",
)
_COMPLAINED = re.compile(f"{_SOFT}(?:{'|'.join(_COMPLAINTS)}){_SOFT}")


def gap_worthy(text: str) -> bool:
    """Whether a guide could be written about a text that got no answer, or whose answer was of no use.

    A complaint that says again what it was about stays: "你没听懂，我问的是皮沙发怎么洗".
    """
    return wants_an_answer(text) and not _is_complaint(text)


def wants_an_answer(text: str) -> bool:
    """Whether a colleague could do anything for who wrote this and got no answer: orders to the bot want nobody."""
    return not (_is_command(text) or _is_order(text))


def _is_command(text: str) -> bool:
    """Also a member's: a slash is no command of theirs, but nothing for a guide either."""
    plain = unicodedata.normalize("NFKC", text).lstrip()
    return bool(re.match("/[a-zA-Z]", plain)) or (plain.startswith("/") and parse(plain).command is not None)


def _is_order(text: str) -> bool:
    said = clauses(text)
    english = unicodedata.normalize("NFKC", text).casefold()
    return any(_ORDERED.match(each) or _INSIDE.search(each) for each in said) or bool(_ENGLISH.search(english))


def _is_complaint(text: str) -> bool:
    said = clauses(text)
    return bool(said) and all(_COMPLAINED.fullmatch(each) for each in said)
