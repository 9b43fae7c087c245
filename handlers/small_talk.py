"""A greeting, a thank-you, or who we are: no question, so no search and no "I don't know"."""

import re

from handlers import texts
from handlers.plain import clauses

_HELLO = re.compile(
    "(?:你好|您好|大家好|早上好|上午好|中午好|下午好|晚上好|早安|早|哈喽|哈啰|嗨|hello|hi|在吗|在不在|有人在吗|有人吗|在|呀"
    "|啊){1,4}"
)
_WHO = re.compile(
    "(?:请问|那)?(?:你|您)(?:到底)?(?:是谁|叫什么(?:名字)?|是什么|是干(?:嘛|什么)的|是(?:真|活)?人吗|是(?:真人|机器人|ai|人工智能)"
    "(?:吗|吧|还是(?:真人|人|机器人|ai))?|能(?:干|做)(?:嘛|什么|啥)|会(?:什么|啥))(?:呀|啊|呢)?"
)
_THANKS = re.compile(
    "(?:谢谢你们|谢谢您|谢谢你|谢谢|谢啦|谢了|多谢|感谢|辛苦了|辛苦|好的|好滴|好嘞|好吧|好|嗯嗯|嗯|收到|知道了|明白了|明白|了解了"
    "|了解|可以了|ok|okay|thanks|thankyou|再见|拜拜|晚安|啦|哦|哈|呀){1,5}"
)


def small_talk(text: str) -> str | None:
    """What to say back to a greeting, a thank-you or “who are you”; None when `text` is none of them."""
    bare = "".join(clauses(text))
    if len(bare) > 16:
        return None
    if _WHO.fullmatch(bare):
        return texts.WHO
    if _HELLO.fullmatch(bare):
        return texts.HELLO
    return texts.GLAD if _THANKS.fullmatch(bare) else None
