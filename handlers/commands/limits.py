"""/caps /why /trial /promoday: the limits, why somebody gets what they get, how trials stand, extra promotion."""

from collections.abc import Callable
from datetime import date

from handlers import texts
from handlers.commands.request import Request, say
from handlers.commands.whom import meant, nobody
from handlers.effect_types import ExtraPromoDay
from handlers.posting import PromoMonth
from handlers.turn import Outcome

_SHOWN = 5  # decisions


async def caps(request: Request) -> Outcome | None:
    """Every limit with its number, and what of this month's promotion is used up."""
    if request.arguments:
        return None
    rules, month = request.office.posting.rules, await request.office.posting.promo_month(request.today)
    holidays = "法定节假日不发" if rules.holidays == "silent" else "节假日照常"
    rows = [
        f"每人每天最多 {rules.person_per_day} 条、每周 {rules.person_per_week} 条，进群的也算在他头上",
        f"每群每天最多 {rules.group_per_day} 条，同一主题每周 {rules.topic_per_week} 条",
        f"两条之间至少 {rules.gap_hours:g} 小时，{rules.quiet} 免打扰，{holidays}",
        f"同一篇 {rules.repeat_guide_days} 天内不重复",
        f"送达 {rules.value_per_promo} 条实用内容才有一条推广，每月最多 {rules.promo_days_per_month} 天发推广",
    ]
    return say(
        "**现在的上限**\n\n" + "\n".join(f"- {row}" for row in rows) + "\n\n" + _month(month, request.office.called)
    )


def _month(month: PromoMonth, called: Callable[[str], str]) -> str:
    days = "、".join(f"{day:%m-%d}" for day in month.days) or "还没有"
    extra = [
        f"{day:%m-%d}（{called(asked)} 申请，{f'{called(granted)} 同意' if granted else '等另一位运营同意'}）"
        for day, (asked, granted) in sorted(month.asked.items())
    ]
    return f"本月发过推广的日子：{days}。" + (f"额外的推广日：{'、'.join(extra)}。" if extra else "")


async def why(request: Request) -> Outcome | None:
    """The gate's last words about a person, how tired they are of us, and how often they may be spoken to."""
    typed = request.arguments.strip()
    if not typed or " " in typed:
        return None
    person = await meant(request, typed)
    found = await request.office.posting.whys(person)
    if not found.decisions and not await request.office.records.kept(person):
        return say(nobody(person, "why"))
    zone = request.office.zone
    # What is put off is asked about again and again: each word of the gate is told once, as it last was.
    last = {(title, text): at for at, title, text in reversed(found.decisions)}
    words = sorted(last.items(), key=lambda each: each[1], reverse=True)[:_SHOWN]
    rows = [f"- {texts.moment(at, zone)} 《{title}》：{text}" for (title, text), at in words]
    gate = "\n".join(rows) or "最近没有给这位会员安排过推送。"
    rest = f"现在至少隔 {found.rest_days} 天一条。" if found.rest_days else "没有额外放慢。"
    return say(f"**{texts.shorten(person)}**\n\n{gate}\n\n疲劳：{found.fatigue}\n分层：{found.layer}\n{rest}")


async def trial(request: Request) -> Outcome | None:
    """How a trial of two wordings stands, or all of them."""
    found = await request.office.posting.trials()
    if not found:
        return say("还没有对比。在设置里加一节 [[trials]]。")
    name = request.arguments.strip()
    if name and name not in found:
        return say(f"没有叫“{texts.one_line(name, 20)}”的对比，现有：{'、'.join(found)}。")
    shown = {name: found[name]} if name else found
    return say("\n\n".join(f"**{each}**\n{text}" for each, text in shown.items()))


async def promo_day(request: Request) -> Outcome | None:
    """One operator asks for an extra day of promotion, another one grants it with the same words."""
    try:
        day = date.fromisoformat(request.arguments.strip())
    except ValueError:
        return None
    if day < request.today:
        return say("这一天已经过去了。")
    me, called = request.turn.conversation.person, request.office.called
    month = await request.office.posting.promo_month(day)
    asked, granted = month.asked.get(day, ("", ""))
    if granted:
        return say(f"{day} 已经可以发推广了（{called(asked)} 申请，{called(granted)} 同意）。")
    if asked.lower() == me.lower():
        return say(f"{day} 的推广日您已经申请了，要另一位运营也发一遍“/promoday {day}”才算数。")
    text = (
        f"已同意 {called(asked)} 的申请：{day} 可以发推广，其他上限不变。"
        if asked
        else f"已申请把 {day} 加为推广日。要另一位运营也发“/promoday {day}”才算数。"
    )
    return say(text, ExtraPromoDay(day), audit=f"promoday {day} {'granted' if asked else 'asked'}")
