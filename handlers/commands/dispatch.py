"""Slash-commands of colleagues, one module per theme."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from handlers.commands import gaps, health, layers, library, limits, members, people, posts, resolving, sending
from handlers.commands.parse import asks_for_help, is_command, parse, unknown
from handlers.commands.request import Request, say
from handlers.turn import Office, Outcome, Role, Turn

Run = Callable[[Request], Awaitable[Outcome | None]]

# None from one of these means that the arguments do not fit; the answer is then the usage line.
RUN: Mapping[str, Run] = MappingProxyType(
    {
        "help": people.show_help,
        "status": library.status,
        "ask": library.ask,
        "guides": library.guides,
        "reindex": library.reindex,
        "gaps": gaps.gaps,
        "answer": gaps.answer,
        "plan": sending.plan,
        "preview": posts.preview,
        "approve": posts.approve,
        "reject": posts.reject,
        "draft": posts.draft,
        "push": sending.push,
        "pause": sending.pause,
        "resume": sending.resume,
        "caps": limits.caps,
        "why": limits.why,
        "layer": layers.layer,
        "trial": limits.trial,
        "promoday": limits.promo_day,
        "handoffs": people.handoffs,
        "take": people.take,
        "return": people.give_back,
        "resolve": resolving.resolve,
        "followup": resolving.followup,
        "person": members.person,
        "forget": members.forget,
        "health": health.health,
        "whoami": people.whoami,
    }
)


async def command(turn: Turn, office: Office) -> Outcome | None:
    """Carries out a colleague's slash-command; from anyone else a slash is plain text."""
    if asks_for_help(turn):
        return await people.show_help(Request(turn, office, ""))
    if not is_command(turn):
        return None
    call = parse(turn.item.text)
    if call.command is None:
        return say(unknown(call.word, turn.roles) if call.word else "发 /help 看全部指令。")
    if not call.command.roles & turn.roles:
        who = "运营和主管" if Role.LEAD in call.command.roles else "运营人员"
        return say(f"/{call.command.name} 只有{who}可以用。发 /help 看您能用的指令。")
    done = await RUN[call.command.name](Request(turn, office, call.arguments))
    return say(call.command.usage_line) if done is None else done
