"""/plan /push /pause /resume: what is said unasked, and when."""

from datetime import timedelta

from handlers import texts
from handlers.commands.parse import number
from handlers.commands.posts import FARTHEST, STATES
from handlers.commands.request import Request, say, stamp
from handlers.effect_types import Pause, Push, Resume
from handlers.posting import NEED
from handlers.turn import Outcome
from scheduler.timetable import Planned

_SHOWN = 30  # posts in one list
_RECIPIENTS = 3  # named per post


async def plan(request: Request) -> Outcome | None:
    """The coming posts with the numbers that /push takes."""
    days = number(request.arguments, unit="天|d", most=FARTHEST) if request.arguments else 7
    if days is None:
        return None
    coming = await request.office.plan(days)
    if not coming:
        return say(await _nothing_within(days, request))
    states = await request.office.posting.states(coming[:_SHOWN])
    people = await request.office.posting.people(coming[:_SHOWN])
    rows = [
        f"{place}. {_row(post, request.office.zone, reached)} · {STATES[state]}"
        for place, (post, state, reached) in enumerate(zip(coming, states, people, strict=False), 1)
    ]
    more = f"\n\n后面还有 {len(coming) - _SHOWN} 条。" if len(coming) > _SHOWN else ""
    return say(
        f"**{days} 天内的推送**\n\n" + "\n".join(rows) + more + "\n\n看内容：/preview 序号　现在就推送：/push 序号"
    )


async def _nothing_within(days: int, request: Request) -> str:
    later = await request.office.plan(FARTHEST)
    if not later:
        return f"{days} 天内没有推送，之后也还没有安排。"
    return f"{days} 天内没有推送。下一条：\n\n1. {_row(later[0], request.office.zone)}"


def _row(post: Planned, zone: str, people: int | None = None) -> str:
    named = "、".join(post.to[:_RECIPIENTS]) or "没有收件人"
    more = f" 等 {len(post.to)} 处" if len(post.to) > _RECIPIENTS else ""
    needed = f"（按需：{post.schedule.removeprefix(NEED)}）" if post.schedule.startswith(NEED) else ""
    count = f"，现在共 {people} 人或群" if people is not None else ""
    return f"{texts.moment(post.at, zone)}《{post.title}》{needed}→ {named}{more}{count}"


async def push(request: Request) -> Outcome | None:
    """Sends one planned post now. The gate decides as ever: being asked for by hand changes nothing."""
    place = number(request.arguments)
    if place is None:
        return None
    coming = await request.office.plan(FARTHEST)
    if place > len(coming):
        return say(f"计划里没有第 {place} 条，一共 {len(coming)} 条。发 /plan 看序号。")
    post = coming[place - 1]
    if post.schedule.startswith(NEED):
        return say(f"《{post.title}》是会员需要时才发的，不用推送：发 /approve {place} 批准，之后会自己发出。")
    text = (
        f"第 {place} 条《{post.title}》（原定 {texts.moment(post.at, request.office.zone)}）现在交给发送检查，"
        "通过的马上发出，结果随后告诉您。"
    )
    return say(text, Push(post), audit=f"push {post.schedule} {stamp(post.at)}")


async def pause(request: Request) -> Outcome | None:
    """Stops what is said unasked, for some hours or until /resume."""
    if not request.arguments:
        text = "已暂停主动推送，直到您发 /resume。会员提问照样回答。"
        return say(text, Pause(None), audit="pause until resumed")
    hours = number(request.arguments, unit="个?小时|h", most=720)
    if hours is None:
        return None
    until = request.turn.now + timedelta(hours=hours)
    text = f"已暂停主动推送，到 {texts.moment(until, request.office.zone)} 自动恢复。会员提问照样回答。"
    return say(text, Pause(until), audit=f"pause until {stamp(until)}")


async def resume(request: Request) -> Outcome | None:
    """Lets scheduled sending go on."""
    if request.arguments:
        return None
    return say("已恢复主动推送。暂停期间压下的内容，没过期的照常发，过期的不再补发。", Resume(), audit="resume")
