"""What stands between the timetable and its posts: dates that are over, clashes, unknown holidays, unfit texts."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.doctor import Finding
from bot.holidays import unknown_years
from bot.reviewing import Reviewer
from bot.settings import Settings
from knowledge.guides import read_folder
from knowledge.types import Guide, Rejected
from scheduler.audiences import WrongAudience, read_list
from scheduler.conflicts import conflicts
from scheduler.orders import WrongOrders, read_orders
from scheduler.posts import Post, of_file, of_guide
from scheduler.review import LexiconUnusable
from scheduler.timetable import Schedule, parse_every

LOOK_AHEAD = 92  # days in which clashes are looked for
HOLIDAYS_AHEAD = timedelta(days=60)
SHOWN = 3


def examine_plans(settings: Settings, now: datetime) -> tuple[Finding, ...]:
    """Everything about what is said unasked that can be seen from this machine. `now` is aware."""
    return (timetable(settings, now), holidays(settings, now), posts(settings), lists(settings))


def timetable(settings: Settings, now: datetime) -> Finding:
    """Schedules that are in each other's way, and those whose only day is over."""
    schedules = [Schedule(**each.model_dump()) for each in settings.schedules]
    zone, gap_hours = settings.timezone, settings.restraint.gap_hours
    wrong = [
        f"“{each.name}”只发一次，{parse_every(each.every).once} 已经过去，请删掉或改日期"
        for each in schedules
        if _over(each, now, zone)
    ]
    wrong += [each.why for each in conflicts(schedules, now, LOOK_AHEAD, zone, gap_hours)]
    return _finding("推送计划", f"{len(schedules)} 个定时", wrong)


def _over(schedule: Schedule, now: datetime, zone: str) -> bool:
    every = parse_every(schedule.every)
    return every.once is not None and datetime.combine(every.once, every.at, ZoneInfo(zone)) < now


def holidays(settings: Settings, now: datetime) -> Finding:
    """Years that begin soon and of which no public holidays are known: nothing unasked leaves in them."""
    if settings.restraint.holidays != "silent":
        return Finding("节假日", True, "照常推送，不看节假日")
    missing = unknown_years(settings, now, HOLIDAYS_AHEAD)
    if not missing:
        return Finding("节假日", True, "今年的放假安排已知")
    years = "、".join(f"{year} 年" for year in missing)
    what_to_do = "国务院公布后升级分寸，或把放假的日子写进 [restraint] silent_days；在那之前，那一年什么都不会主动发"
    return Finding("节假日", None, f"还不知道 {years}的放假安排", what_to_do)


def posts(settings: Settings) -> Finding:
    """Files of the posts folder that cannot be read, and texts that no one may approve as they stand."""
    files, rejected = _read(settings.posts.folder)
    guides, _ = _read(settings.knowledge.guides)
    texts = [*map(of_file, files), *(of_guide(guide) for guide in guides if guide.weekly)]
    reviewer = Reviewer(settings.posts.folder / "lexicon.yaml")
    wrong = [f"{one.name}：{one.reason}" for one in rejected]
    known = {guide.name for guide in guides} | {post.name for post in texts}
    wrong += _texts_missing(settings, known)
    try:
        unlawful = [_unlawful(post, reviewer) for post in texts]
    except LexiconUnusable as error:
        return Finding("推送内容", False, f"审核词库读不到：{error}", "改好 posts/lexicon.yaml，否则什么都不能批准")
    return _finding("推送内容", f"{len(texts)} 篇", [*wrong, *filter(None, unlawful)])


def _read(folder: Path) -> tuple[tuple[Guide, ...], tuple[Rejected, ...]]:
    try:
        return read_folder(folder)
    except OSError:
        return (), ()


def _texts_missing(settings: Settings, known: set[str]) -> Iterator[str]:
    named = [(f"触发条件“{each.name}”", each.guide) for each in settings.triggers if each.guide]
    named += [(f"对比“{each.name}”", text) for each in settings.trials for text in (each.a, each.b)]
    for what, text in named:
        if text not in known:
            yield f"{what}要发的 {text} 不在指南和推送内容里"


def _unlawful(post: Post, reviewer: Reviewer) -> str:
    codes = sorted({str(found.code) for found in reviewer.review(post.title, post.markdown).violations})
    return f"《{post.title}》不合规：{'、'.join(codes)}" if codes else ""


def lists(settings: Settings) -> Finding:
    """The files that audiences and triggers read."""
    wrong = []
    for audience in (each.audience for each in settings.audiences):
        wrong += [why for path in audience.files if (why := _trouble(path, read_list))]
    if settings.posts.orders and not settings.posts.orders.startswith("http"):
        why = _trouble(settings.posts.orders, read_orders)
        wrong += [why] if why else []
    return _finding("受众和订单", f"{len(settings.audiences)} 个受众，{len(settings.triggers)} 个触发条件", wrong)


def _trouble(path: str, read: Callable[[str, str], object]) -> str:
    try:
        read(Path(path).read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError):
        return f"“{path}”读不到，请检查路径、权限，并存成 UTF-8"
    except (WrongAudience, WrongOrders) as error:
        return str(error)
    return ""


def _finding(name: str, message: str, wrong: Iterable[str]) -> Finding:
    found = list(wrong)
    if not found:
        return Finding(name, True, message)
    more = f"；还有 {len(found) - SHOWN} 处" if len(found) > SHOWN else ""
    return Finding(name, None, f"{message}，{len(found)} 处要看一下", "；".join(found[:SHOWN]) + more)
