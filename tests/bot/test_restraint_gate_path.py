"""One gate: the only ways by which something unasked can reach a channel, read from the program itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

BOT = Path(__file__).parents[2] / "bot"


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the bot but the stand-in for WeCom."""
    for path in sorted(BOT.rglob("*.py")):
        name = path.relative_to(BOT.parent).as_posix()
        if not name.startswith("bot/sandbox/"):
            yield name, ast.parse(path.read_text("utf-8"))


def where(found: dict[str, ast.Module], matches: type[ast.AST], test: object) -> set[str]:
    assert callable(test)
    return {name for name, tree in found.items() for node in ast.walk(tree) if isinstance(node, matches) and test(node)}


PROGRAM = dict(modules())


def test_lesson_29_the_gate_is_asked_in_one_place_only() -> None:
    def names_decide(node: ast.ImportFrom) -> bool:
        return (node.module or "").startswith("scheduler.gate") and any(each.name == "decide" for each in node.names)

    assert where(PROGRAM, ast.ImportFrom, names_decide) == {"bot/gatekeeper.py"}


def test_what_looks_ahead_has_nothing_to_send_with() -> None:
    nodes = ast.walk(PROGRAM["bot/foresight.py"])
    taken = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert not taken & {"bot.outbox", "bot.store.outbox", "bot.transaction", "bot.channels", "bot.admission"}


def test_lesson_29_channels_are_sent_through_by_the_outbox_alone() -> None:
    """`channels[…].send(…)` stands in the dispatcher and nowhere else."""

    def sends(node: ast.Call) -> bool:
        called = node.func
        return isinstance(called, ast.Attribute) and called.attr == "send" and isinstance(called.value, ast.Subscript)

    assert where(PROGRAM, ast.Call, sends) == {"bot/outbox.py"}


def test_lesson_29_a_post_is_claimed_only_behind_the_gate() -> None:
    """The dispatcher hands a channel what `Admission` admitted; a part is claimed there and nowhere else."""

    def claims(node: ast.Call) -> bool:
        called = node.func
        return isinstance(called, ast.Attribute) and called.attr == "claim" and ast.unparse(called.value) == "outbox"

    assert where(PROGRAM, ast.Call, claims) == {"bot/admission.py"}


def test_unasked_parts_are_made_by_occurrences_alone() -> None:
    def is_post(node: ast.keyword) -> bool:
        return node.arg == "klass" and ast.unparse(node.value) == "Klass.POST"

    assert where(PROGRAM, ast.keyword, is_post) == {"bot/occurrences.py"}


def test_a_slot_is_taken_by_the_gatekeeper_and_for_supposing_alone() -> None:
    def reserves(node: ast.Call) -> bool:
        called = node.func
        return isinstance(called, ast.Attribute) and called.attr == "reserve"

    assert where(PROGRAM, ast.Call, reserves) - {"bot/foresight.py"} == {"bot/gatekeeper.py"}


def test_mass_messages_and_robots_are_called_by_their_channels_alone() -> None:
    """What reaches people without the outbox would pass the gate by."""

    def calls(node: ast.Call) -> bool:
        called = node.func
        return isinstance(called, ast.Attribute) and called.attr in ("add_msg_template", "appchat_send")

    client = {"bot/wecom/api.py"}
    assert where(PROGRAM, ast.Call, calls) - client == {"bot/channels/customers.py", "bot/channels/app.py"}
