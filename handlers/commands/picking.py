"""Which planned post an operator means by a number: the one that stood there when the list was shown to them."""

from handlers.commands.parse import number
from handlers.commands.request import Request, say
from handlers.posting import NEED, Shown
from handlers.turn import Outcome
from scheduler.timetable import Planned

FARTHEST = 92  # days that a plan looks ahead


async def picked(request: Request, place: str) -> tuple[int, Planned] | Outcome | None:
    """The number and its post; an outcome that says why there is none, None for no number.

    Who was never shown a plan counts in the one of this moment.
    """
    wanted = number(place)
    if wanted is None:
        return None
    coming = await request.office.plan(FARTHEST)
    shown = await request.office.posting.shown(request.turn.conversation.person)
    listed = [_as_shown(each) for each in coming] if shown is None else shown
    if wanted > len(listed):
        return say(f"计划里没有第 {wanted} 条，一共 {len(listed)} 条。发 /plan 看序号。")
    meant = listed[wanted - 1]
    found = next((each for each in coming if _key(_as_shown(each)) == _key(meant)), None)
    return (wanted, found) if found else say(_gone(wanted, meant))


def _gone(place: int, meant: Shown) -> str:
    return (
        f"上次 /plan 的第 {place} 条《{meant.title}》已经不在计划里了（推送过、到了时间或换了内容），什么都没有做。"
        "请重新发 /plan 看序号。"
    )


def _as_shown(planned: Planned) -> Shown:
    return Shown(planned.schedule, planned.at, planned.guide, planned.title)


def _key(shown: Shown) -> tuple[object, ...]:
    """What members need has no time of its own: the next who needs it changes nothing for the operator."""
    return (shown.schedule, None if shown.schedule.startswith(NEED) else shown.at, shown.guide)
