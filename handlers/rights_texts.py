"""What members read about their settings and their data. Fixed words around their own figures."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from handlers.asked_rights import topic_words
from handlers.preferences import Preferences, Profile, Purpose
from handlers.records import Kept, LastPost
from handlers.texts import OPTED_IN, moment

LESS_DAYS = 7  # between two posts, where a member only wants fewer
CONFIRM_MINUTES = 10
PREVIEW = "会删除："  # how the preview of a deletion begins
CHAT_BYTES = 1500  # of an export that is shown in the chat

HOW_LESS = "想换个频率，回复“两周一次”“一个月一条”这样的话；完全不收，回复“退订”。"
UNMUTED, UNMUTED_ONLY = "好的，静音已取消，有合适的内容我会发给您。", "好的，静音已取消。"
STILL_STOPPED = "不过您已退订，仍然不会收到我主动发的内容；想再收，回复“恢复”。"
MUTE_IN_VAIN = "您已退订，本来就不会收到我主动发的内容，不用再静音；想再收，回复“恢复”。"
IN_GROUP = "这是您的个人信息，群里不方便说。请单独发消息给我，我马上告诉您。"
NOTHING_KEPT = "除了刚才这句话，我这里没有保存您的任何数据。"
FORGOTTEN = (
    "您的数据已经删除，不会再主动给您发内容。只留下一个认不出是谁的标记，用来记住不再打扰您。"
    "以后有问题，照样可以随时问我。"
)
NOT_DELETED = "好的，什么都没有删，您的数据和设置都照旧。以后想删，随时回复“删除我的数据”。"
NOT_YET_DELETED = (
    f"还没有删除，什么都没动。确定要删，请在 {CONFIRM_MINUTES} 分钟内回复“确认删除”这四个字；不想删了，回复“不删了”。"
)
NOT_ASKED = f"要删除您的数据，请先回复“删除我的数据”，看过会删除什么，再在 {CONFIRM_MINUTES} 分钟内回复“确认删除”。"
FILE_COMES = "您的数据比较多，聊天里放不下。已经告诉同事，会把文件单独发给您。"
NOBODY_CAN = "您的数据比较多，聊天里放不下。请回复“转人工”，请同事把文件单独发给您。"
GROUP_POSTS = (
    "群里主动发的，是同事安排好、发给整个群的内容，不是按哪一位的资料挑的。"
    "单独发给您的为什么发，请单独发消息问我，我马上告诉您。"
)
NEVER_SENT = "查过记录：没有主动给您发过内容（或者已经超过保存期限）。刚才看到的应该是对您提问的回答，或者是同事发的。"
SORRY_TO_BOTHER = "打扰到您了，抱歉。"
KNOWN_FROM = "我知道的只有您自己在聊天里说过的，和您与我们往来的记录，全都列在这里，没有打听过别的。"
KNOWN_NOTHING = (
    "我不了解您家里的情况：除了刚才这句话，我这里没有保存您的任何数据。"
    "之前的内容里提到的，是资料里本来就有的，不是因为知道您的情况。"
)
WHICH_TOPICS = "想只看哪一类，回复“只看育儿”“不要家居”这样的话就行。"

_SWITCHED = {
    (Purpose.PERSONALISATION, False): "好的，个性化已关闭：不再记您常问什么，记过的已删除。想再开，回复“开启个性化”。",
    (Purpose.PERSONALISATION, True): "好的，个性化已开启：我会记下您常问的主题，方便挑选内容。想关，回复“关闭个性化”。",
    (Purpose.ANSWERS, False): "好的，回答时不再联系您之前说过的话，每句都当新问题。想再开，回复“开启上下文”。",
    (Purpose.ANSWERS, True): "好的，回答时会联系您刚说过的话。想关，回复“关闭上下文”。",
}
DATA_SHOWN = "我这里保存的您的数据："  # how the list of what is kept begins


def keeping(days: int) -> str:
    """Why we keep what we keep, and for how long: `days` at most, but for what lasts until the member changes it."""
    return (
        f"留着只为回答您的问题、少打扰您：聊天和由它产生的记录最多保存 {days} 天，到期自动删除；您的设置留到您改为止。"
        "每一项为什么留、留多久，回复“我的数据”能看到；不想留，回复“删除我的数据”。"
    )


def hours(quiet: str) -> str:
    """To who wants posts at some hours only; `quiet` as the settings write it, empty where there are none."""
    never = f"{quiet.replace('-', '–')} 是免打扰时段，本来就不会主动给您发。" if quiet else ""
    return f"{never}具体几点发，现在还不能单独选。想少收，回复“少发点”；先停一阵，回复“静音7天”；完全不收，回复“退订”。"


def less(days: int, *, stopped: bool = False) -> str:
    """`stopped`: they are opted out, so that this is only noted."""
    if stopped:
        return f"记下了：至少隔 {days} 天一条。{STILL_STOPPED}"
    return f"好的，以后至少隔 {days} 天才给您发一条。{HOW_LESS}"


def unmuted(*, stopped: bool = False) -> str:
    return f"{UNMUTED_ONLY}{STILL_STOPPED}" if stopped else UNMUTED


def opted_in(before: Preferences, zone: str, now: datetime) -> str:
    """`before`: what was chosen until now. Who had stopped everything keeps what they chose beside it."""
    until = before.muted_until
    chosen = (
        f"静音到 {moment(until, zone)}" if until and until > now else "",
        f"至少隔 {before.every_days} 天一条" if before.every_days else "",
        _topics(before) if before.only or before.never else "",
    )
    kept = "，".join(each for each in chosen if each) if Purpose.POSTS in before.off else ""
    return f"{OPTED_IN}您选过的照旧：{kept}；想全部复原，再回复一次“恢复推送”。" if kept else OPTED_IN


def muted(until: datetime, zone: str) -> str:
    return f"好的，{moment(until, zone)} 之前不主动给您发内容，提问照样回答。想提前恢复，回复“取消静音”。"


def topics(preferences: Preferences, *, stopped: bool = False) -> str:
    if stopped:
        return f"记下了：{_topics(preferences)}。{STILL_STOPPED}"
    return f"好的，以后{_topics(preferences)}。想改回来，回复“恢复推送”。"


def widened(preferences: Preferences, *, stopped: bool = False) -> str:
    """A topic comes beside the others again."""
    if stopped:
        return topics(preferences, stopped=True)
    all_ = not (preferences.only or preferences.never)
    what = "各类内容都会发" if all_ else _topics(preferences)
    return f"好的，以后{what}。想再改，回复“只看育儿”“不要家居”这样的话。"


def switched(purpose: Purpose, *, on: bool) -> str:
    """For ANSWERS and PERSONALISATION; POSTS is the opt-out and has words of its own."""
    return _SWITCHED[purpose, on]


def settings(preferences: Preferences, zone: str, now: datetime) -> str:
    """All of it, each with how to change it."""
    off, until = preferences.off, preferences.muted_until
    quiet = until is not None and until > now
    rows = (
        ("主动推送", "已退订，回复“恢复推送”再开" if Purpose.POSTS in off else "开着，回复“退订”关掉"),
        ("频率", f"至少隔 {preferences.every_days} 天一条" if preferences.every_days else "按平常的节奏"),
        ("静音", f"到 {moment(until, zone)}，回复“取消静音”提前结束" if until and quiet else "没有，回复“静音7天”可设"),
        ("主题", _topics(preferences)),
        ("个性化", _switch(Purpose.PERSONALISATION, preferences, "个性化")),
        ("联系上文回答", _switch(Purpose.ANSWERS, preferences, "上下文")),
    )
    listed = "\n".join(f"- {name}：{value}" for name, value in rows)
    return (
        f"您的设置：\n\n{listed}\n\n"
        "改频率回复“少发点”“两周一次”，改主题回复“只看育儿”“不要家居”，全部复原回复“恢复推送”。"
    )


def settings_rows(preferences: Preferences, zone: str, now: datetime) -> str:
    """The same in one line, for colleagues."""
    until, off = preferences.muted_until, preferences.off
    said = (
        "已退订" if Purpose.POSTS in off else "收推送",
        f"至少隔 {preferences.every_days} 天" if preferences.every_days else "",
        f"静音到 {moment(until, zone)}" if until and until > now else "",
        _topics(preferences) if preferences.only or preferences.never else "",
        "不要个性化" if Purpose.PERSONALISATION in off else "",
        "不联系上文" if Purpose.ANSWERS in off else "",
    )
    return "，".join(each for each in said if each)


def _switch(purpose: Purpose, preferences: Preferences, word: str) -> str:
    return f"关，回复“开启{word}”" if purpose in preferences.off else f"开，回复“关闭{word}”"


def _topics(preferences: Preferences) -> str:
    if preferences.only:
        return f"只发{topic_words(preferences.only)}"
    return f"不发{topic_words(preferences.never)}" if preferences.never else "都发"


def data(kept: Sequence[Kept], profile: Profile | None) -> str:
    """What is held, why, until when and how it was used; what is remembered is said in full."""
    if not kept:
        return NOTHING_KEPT
    rows = [f"- {each.what}（{each.count} 条）：{each.why}；{each.used}；{each.until}" for each in kept]
    known = _remembered(profile)
    more = [f"- 记住的是：{known}"] if known else []
    listed = "\n".join([*rows, *more])
    return f"{DATA_SHOWN}\n\n{listed}\n\n导出回复“导出我的数据”，删除回复“删除我的数据”，开关回复“我的设置”。"


def known(kept: Sequence[Kept], profile: Profile | None) -> str:
    """To who asks how we know something about them: all of it, and where it is from."""
    return f"{KNOWN_FROM}\n\n{data(kept, profile)}" if kept else KNOWN_NOTHING


def of_another(said: str) -> str:
    """Words for the member about themselves, as colleagues read them."""
    return said.replace("您", "对方")


def _remembered(profile: Profile | None) -> str:
    if profile is None:
        return ""
    asked = sorted(profile.topics, key=lambda topic: -profile.topics[topic])
    hours = sorted(profile.hours or {}, key=lambda hour: -(profile.hours or {})[hour])[:1]
    said = (
        f"常问{topic_words(set(asked[:3]))}" if asked else "",
        _stage(profile),
        f"家里的{profile.room}" if profile.room else "",
        f"常在 {hours[0]} 点来" if hours else "",
    )
    return "，".join(each for each in said if each)


def _stage(profile: Profile) -> str:
    """In their own words; with the day, because a child grows and what was said does not."""
    if not profile.stage:
        return ""
    when = f"（您 {profile.stage_on:%Y-%m-%d} 说的）" if profile.stage_on else ""
    return f"宝宝{profile.stage}{when}"


def preview(kept: Sequence[Kept]) -> str:
    """What a deletion takes and what stays."""
    goes = "、".join(f"{each.what}（{each.count} 条）" for each in kept) or "刚才这句话"
    return (
        f"{PREVIEW}{goes}。\n\n会留下：一个加盐的标记，认不出是谁，只用来记住不再主动给您发内容。正在处理的转接单会关闭。\n\n"
        f"删除后无法恢复。确定的话，请在 {CONFIRM_MINUTES} 分钟内回复“确认删除”；不回复就什么都不删。"
    )


def why(
    post: LastPost | None, zone: str, *, stopped: bool = False, here: bool = False, coming: LastPost | None = None
) -> str:
    """Why the last post was sent, from what the gate saw. `stopped`: they are opted out by now; `here`: asked in the
    group that it went to. `coming`: what a colleague was asked to send, of which we do not know yet whether it arrived.
    """
    newer = coming if coming and (post is None or coming.at > post.at) else None
    if post is None:
        return _on_its_way(newer, stopped=stopped) if newer else NEVER_SENT
    alone = _STOPPED if stopped else _HOW_TO_STOP
    stop = _IN_GROUP if post.group else alone
    told = (
        f"最近一条是 {moment(post.at, zone)} {_where(post, here=here)}《{post.title}》，"
        f"{_whence(post)}。发之前逐条查过：\n\n{_checked(post)}\n\n{stop}"
    )
    return f"{told}\n\n{_maybe(newer)}" if newer else told


def _on_its_way(post: LastPost, *, stopped: bool) -> str:
    """Nothing has arrived as far as we know: said as that, and not as nothing."""
    stop = _STOPPED if stopped else _HOW_TO_STOP
    return f"{_maybe(post)}安排之前逐条查过：\n\n{_checked(post)}\n\n{_IN_GROUP if post.group else stop}"


def _maybe(post: LastPost) -> str:
    where = "发到您所在的群里" if post.group else "发给您"
    return f"您刚看到的如果是《{post.title}》：它请同事{where}，有没有发出还没传回我这里；{_whence(post)}。"


def _where(post: LastPost, *, here: bool) -> str:
    if here:
        return "发在这个群里的"
    return "发在您所在的群里的" if post.group else "发给您的"


def _checked(post: LastPost) -> str:
    return "\n".join(f"- {each}" for each in (_group_checks if post.group else _checks)(post))


_STOPPED = "您已退订，以后不会再主动给您发内容；想再收，回复“恢复”。"
_HOW_TO_STOP = "不想再收回复“退订”，想少收回复“少发点”，只想看一类回复“只看育儿”。"
_IN_GROUP = "回复“退订”停的是单独发给您的内容；群里的是发给整个群的，不想在群里看到，可以回复“转人工”告诉同事。"


def _whence(post: LastPost) -> str:
    """What made it leave, without the name that operators gave to it."""
    if post.need:
        return f"因为和您说过、问过或买过的有关（“{post.need}”）"
    about = f"“{topic_words({post.topic})}”" if post.topic else ""
    return f"是同事手动安排推送的{about}内容" if post.pushed else f"是定期发的{about}内容"


def _group_checks(post: LastPost) -> list[str]:
    """What the gate looked at before it let a post into a group: a group has no wishes of its own."""
    rules, day = post.inputs.get("rules", {}), post.inputs.get("seen", {}).get("day", 0)
    return [
        f"不在免打扰时段（{rules.get('quiet', '')}）",
        f"这个群那天之前已发 {day} 条，一天最多 {rules.get('group_per_day')} 条",
        f"和群里上一条至少隔 {rules.get('gap_hours', 0):g} 小时",
    ]


def _checks(post: LastPost) -> list[str]:
    rules, seen, facts = (post.inputs.get(name, {}) for name in ("rules", "seen", "facts"))
    day, week = seen.get("day", 0), seen.get("week", 0)
    return [
        *(["您没有退订"] if facts.get("opted_out") is False else []),
        *(["没有同事正在接待您"] if facts.get("human_has_it") is False else []),
        f"不在免打扰时段（{rules.get('quiet', '')}）",
        f"那天之前已发 {day} 条，一天最多 {rules.get('person_per_day')} 条",
        f"那周之前已发 {week} 条，一周最多 {rules.get('person_per_week')} 条",
        f"和上一条至少隔 {rules.get('gap_hours', 0):g} 小时",
    ]


def asked_back(right: str) -> str:
    """A free wording that may mean something big: asked back, with the words that do it."""
    return f"您是想{right}吗？是的话请回复“{right}”。"


def local(now: datetime, zone: str) -> datetime:
    return now.astimezone(ZoneInfo(zone))
