"""/ask /guides /reindex /status: what the bot knows and how it is."""

from collections.abc import Sequence
from dataclasses import replace

from handlers import texts
from handlers.asked_rights import topic_words
from handlers.commands.request import Request, say
from handlers.effect_types import Reindex
from handlers.naming import channel_name
from handlers.plain import LONGEST_QUESTION
from handlers.turn import Outcome, Status, Tally
from knowledge.types import Answer, Guide

_SHOWN = 20  # guides in one list
_ONE_OF_MANY = "- 由进程 {process} 回答：启动时间、指南和“注意”是它自己的，其他进程看各自的 /readyz 和日志"


async def ask(request: Request) -> Outcome | None:
    """The answer that a member would get, with what it rests on."""
    if not request.arguments:
        return None
    answer = await request.office.answer(request.arguments[:LONGEST_QUESTION], (), request.today)
    return say(f"{answer.text}\n\n{_evidence(answer)}")


def _evidence(answer: Answer) -> str:
    remarks = [
        *(["**没有把握，按不回答处理**"] if answer.refused else []),
        *(["**会请同事接手**"] if answer.handoff else []),
        *([f"相近的指南：{'、'.join(f'《{title}》' for title in answer.nearest)}"] if answer.nearest else []),
        *(f"依据：{cited.guide}，{cited.section or cited.title}，{cited.score:.2f}" for cited in answer.citations),
    ]
    return "\n".join(f"- {remark}" for remark in remarks) or "- 依据：无"


async def guides(request: Request) -> Outcome:
    """The guides whose title, topic, name or keywords hold the word; all of them without one."""
    word = request.arguments.casefold()
    found = [guide for guide in await request.office.guides() if word in _searchable(guide)]
    if not found:
        return say(
            f"没有找到和“{texts.one_line(request.arguments, 20)}”有关的指南。" if word else "指南文件夹里还没有指南。"
        )
    tallies = await request.office.ratings()
    rows = [_row(guide, tallies, expired=guide.expired(request.today)) for guide in found[:_SHOWN]]
    if len(found) == 1:
        rows += _sections(found[0], tallies)
    more = f"\n\n只列出前 {_SHOWN} 份，加个词可以缩小范围：/guides 词" if len(found) > _SHOWN else ""
    return say(f"**指南 {len(found)} 份**\n\n" + "\n".join(rows) + more)


def _searchable(guide: Guide) -> str:
    return "\n".join((guide.title, guide.topic, guide.name, *guide.keywords)).casefold()


def _row(guide: Guide, tallies: Sequence[Tally], *, expired: bool) -> str:
    marks = ("，可定时推送" if guide.weekly else "") + ("，已过期" if expired else "")
    own = [tally for tally in tallies if tally.guide == guide.name]
    rated = f"，{_thumbs(sum(one.good for one in own), sum(one.bad for one in own))}" if own else ""
    return f"- 《{guide.title}》{topic_words({guide.topic})}，{guide.name}{marks}{rated}"


def _sections(guide: Guide, tallies: Sequence[Tally]) -> list[str]:
    """How the sections of the one guide that is left were rated, the most disliked first."""
    own = sorted((tally for tally in tallies if tally.guide == guide.name), key=lambda one: (-one.bad, one.section))
    return [f"  - {one.section or '开头'}：{_thumbs(one.good, one.bad)}" for one in own[:_SHOWN]]


def _thumbs(good: int, bad: int) -> str:
    return f"👍{good} 👎{bad}"


async def reindex(request: Request) -> Outcome | None:
    """Asks for the guides to be read again."""
    if request.arguments:
        return None
    return say("开始重新读取指南，完成后告诉您结果。", Reindex(), audit="reindex")


async def status(request: Request) -> Outcome | None:
    """How the bot is at this moment."""
    if request.arguments:
        return None
    now = await request.office.status()
    others = replace(now, waiting_items=max(0, now.waiting_items - 1))  # this very message is waiting, too
    return say("**运行状态**\n\n" + "\n".join(_lines(others, request.office.zone)))


def _lines(now: Status, zone: str) -> list[str]:
    coming = now.next_post
    return [
        f"- 启动：{texts.moment(now.since, zone)}",
        f"- 指南：{now.guides} 份，索引 {now.generation or '还没有'}，向量检索{'在用' if now.vectors else '没有用'}",
        f"- 消息：待处理 {now.waiting_items}，待发 {now.waiting_parts}，发送失败 {now.dead_parts}",
        f"- 转接单：{now.open_tickets} 张没有结束",
        f"- 主动推送：{_sending(now, zone)}",
        f"- 下一条：{texts.moment(coming.at, zone)}《{coming.title}》" if coming else "- 下一条：没有安排",
        f"- 通道：{'、'.join(map(channel_name, now.channels)) or '一个也没有配置'}",
        *(f"- 注意：{warning}" for warning in now.warnings),
        *([_ONE_OF_MANY.format(process=now.process)] if now.process else []),
    ]


def _sending(now: Status, zone: str) -> str:
    if not now.paused:
        return "正常"
    return f"暂停到 {texts.moment(now.paused_until, zone)}" if now.paused_until else "暂停中，发 /resume 恢复"
