"""Help that is already on its way: who has called 120 is not told to call it."""

import re

_WHO = "(?:我|我们|老公|家里?人|他爸|她爸|爸爸?|妈妈?|奶奶|爷爷|邻居|同事|老师|旁边的?人|有人|别人)"
_HELP = "(?:1?个)?(?:120|救护车|急救(?:电话|中心|车)?)(?:的?电话)?"
_DONE = "(?:已经?|都|刚刚?|刚才|早就?|在|正在)"
_CALLS = "(?:拨打|呼叫|打|叫|拨|喊)"
_COMES = "(?:已经|马上|快|正在?|就|现在|都|说)*(?:在路上|在来|来了|到了|快到|马上(?:就)?到|赶来|出发|上门)"
_CALL = re.compile(
    f"(?<![^,。])(?:{_WHO})?(?:"
    f"{_DONE}+(?:帮我?们?|给)?{_CALLS}(?:了|过|完|好|通)*{_HELP}(?:了|过了|了的)?|"
    f"(?:帮我?们?)?{_CALLS}(?:了|过|完|好|通)+{_HELP}(?:了|过了)?|{_CALLS}{_HELP}(?:了|过了)|"
    f"{_HELP}(?:已经|都|刚|早就|也)*{_CALLS}(?:了|过|完|好|通)+(?:了)?|"
    f"(?:救护车|120|急救(?:车|人员|医生)){_COMES}(?:了)?"
    f")(?=[,。]|$)(?:,?(?:他们|人|车)?{_COMES}(?:了)?(?=[,。]|$))?"
)


def without_call(said: str) -> str:
    """A plain text without the clause that tells of the call; the text as it is where nobody has called.

    Only a whole clause counts: 打了120没人接, 打120了吗 and 要不要打120 are cries for help.
    """
    return re.sub(",{2,}", ",", _CALL.sub("", said)).strip(",。")
