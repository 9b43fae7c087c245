"""The command line. Each command loads the settings, calls one function and turns its result into an exit code."""

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from bot import log
from bot.cli.help_words import Commands
from bot.cli.wrong_use import ChineseGroup
from bot.process_role import ProcessRole
from bot.settings import Settings, WrongSettings, load

app = Commands(
    name="fencun",
    cls=ChineseGroup,
    help="分寸：问到就答、懂得沉默的企业微信助手。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Config = Annotated[Path | None, typer.Option("--config", help="设置文件（默认 FENCUN_CONFIG 或 ./fencun.toml）")]


def main() -> None:
    app()


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"fencun {version('fencun')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="显示版本。")
    ] = False,
) -> None:
    """What may stand before a command."""


def settings_of(config: Path | None, level: str = "WARNING") -> Settings:
    """The settings, with the log set up from `level` on; wrong settings end the command with every problem named.

    What a command prints is for people: events of ordinary work are for those who watch a running bot.
    """
    try:
        settings = load(config, os.environ)
    except WrongSettings as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    log.set_up(settings.secrets(), level=level)
    return settings


def without_settings() -> None:
    """The log of a command that needs no settings: beside what it prints, never in it."""
    log.set_up(level="WARNING")


@app.command()
def serve(
    config: Config = None,
    role: Annotated[
        ProcessRole,
        typer.Option(help="all：一个进程做全部（默认）；web 收、worker 办、clock 看时间（要 PostgreSQL）"),
    ] = ProcessRole.ALL,
) -> None:
    """启动机器人。"""
    from bot.cli.serving import serve as run

    raise typer.Exit(run(settings_of(config, "INFO"), role))


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="网页端口，0 为任选")] = 8080,
    folder: Annotated[Path, typer.Option(help="沙盒数据放在哪里")] = Path("var/sandbox"),
    guides: Annotated[Path | None, typer.Option(help="指南文件夹（默认用自带的示例）")] = None,
) -> None:
    """不需要企业微信账号，在浏览器里试用。"""
    from bot.cli.serving import sandbox as run

    without_settings()
    raise typer.Exit(run(port, folder, guides))


@app.command()
def check(
    config: Config = None,
    live: Annotated[bool, typer.Option("--live", help="也问企业微信：令牌、可信 IP、客服账号、回调地址")] = False,
) -> None:
    """体检：设置、指南、索引、时钟、存储，并说明怎么修。"""
    from bot.cli.doctor import check as run

    raise typer.Exit(run(settings_of(config), live))


@app.command()
def index(
    config: Config = None,
    watch: Annotated[bool, typer.Option("--watch", help="一直留意指南文件夹，有改动就更新，Ctrl-C 停止")] = False,
) -> None:
    """读指南文件夹，更新索引，并列出需要人看一眼的地方。"""
    from bot.cli.knowledge import index as run

    raise typer.Exit(run(settings_of(config), watch))


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="问题")] = None,
    batch: Annotated[Path | None, typer.Option(help="逐行 JSON 的问题文件")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
    config: Config = None,
) -> None:
    """像机器人那样回答一个问题，或一个文件里的所有问题。"""
    from bot.cli.knowledge import ask as run

    raise typer.Exit(run(settings_of(config), question, batch, as_json))


Text = Annotated[str | None, typer.Argument(help="一句话")]
Texts = Annotated[Path | None, typer.Option(help="逐行 JSON 的消息文件，- 为标准输入")]


@app.command()
def mood(text: Text = None, batch: Texts = None) -> None:
    """读出一句话或一个文件里每条消息的情绪，以及要不要请人接手。"""
    from bot.cli.reading import mood as run

    without_settings()
    raise typer.Exit(run(text, batch))


@app.command()
def intent(text: Text = None, batch: Texts = None) -> None:
    """读出一句话或一个文件里每条消息想要什么：提问、退订、少发、找人工……"""
    from bot.cli.reading import intent as run

    without_settings()
    raise typer.Exit(run(text, batch))


@app.command()
def review(
    batch: Annotated[Path, typer.Option(help="逐行 JSON 的内容文件（id、title、body），- 为标准输入")],
    out: Annotated[Path | None, typer.Option(help="写到这个文件（默认标准输出）")] = None,
) -> None:
    """审一审内容：是干货还是推广，有没有违反广告法的话。"""
    from bot.cli.review import review as run

    without_settings()
    raise typer.Exit(run(batch, out))


@app.command("eval")
def evaluate(
    files: Annotated[
        list[Path], typer.Argument(help="题目文件（逐行 JSON）；用 --compare 时是两份存下的结果", metavar="FILE")
    ],
    comparing: Annotated[bool, typer.Option("--compare", help="比较两份用 --save 存下的结果")] = False,
    save: Annotated[Path | None, typer.Option(help="把每一行的评分存到这个文件")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="做错的也附上回答原文")] = False,
    config: Config = None,
) -> None:
    """用一份有标准答案的题目，量一量回答得怎么样。"""
    from bot.cli.evaluation import compare_runs
    from bot.cli.evaluation import evaluate as run

    if len(files) != (2 if comparing else 1) or (comparing and save):
        print(
            "用法：fencun eval 题目.jsonl [--save 结果.json]，或 fencun eval --compare 之前.json 之后.json",
            file=sys.stderr,
        )
        raise typer.Exit(2)
    if comparing:
        raise typer.Exit(compare_runs(files[0], files[1], as_json=as_json))
    raise typer.Exit(run(settings_of(config), files[0], save, as_json=as_json, verbose=verbose))


@app.command()
def plan(
    weeks: Annotated[int, typer.Option(min=1, max=52, help="看几周")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
    simulated: Annotated[
        str | None, typer.Option("--simulate", help="改为用模拟的会员比较三种做法：people=N,groups=N,weeks=N")
    ] = None,
    plot: Annotated[Path, typer.Option(help="模拟的图写到哪里（PNG）")] = Path("plan-simulation.png"),
    config: Config = None,
) -> None:
    """接下来会给谁发什么，发送闸会怎么说。只看不发。"""
    from bot.cli.planning import plan as run

    if simulated is not None:
        from bot.cli.simulating import run as simulate

        raise typer.Exit(simulate(settings_of(config), simulated, plot, as_json))
    raise typer.Exit(run(settings_of(config), weeks, as_json))


@app.command()
def misread(
    out: Annotated[Path, typer.Argument(help="写到哪个文件（TSV）", metavar="OUT")],
    config: Config = None,
) -> None:
    """导出同事用 /resolve … 误判 标出的消息（已去掉个人信息），给情绪模型当训练数据。"""
    from bot.cli.misread import misread as run

    raise typer.Exit(run(settings_of(config), out))


@app.command()
def migrate(config: Config = None) -> None:
    """把存储升级到这个版本需要的样子。"""
    from bot.cli.planning import migrate as run

    raise typer.Exit(run(settings_of(config)))


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(help="写到哪个新文件", metavar="FILE")],
    config: Config = None,
) -> None:
    """把存储备份成一个文件；机器人可以照常运行。"""
    from bot.cli.backup import backup as run

    raise typer.Exit(run(settings_of(config), to))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="fencun backup 写的文件", metavar="FILE")],
    force: Annotated[bool, typer.Option("--force", help="存储里已有的数据全部删除，换成备份里的")] = False,
    stopped: Annotated[
        str | None, typer.Option(help="原来的机器人什么时候停的，例如 2026-11-23T10:30；默认当作刚刚才停")
    ] = None,
    config: Config = None,
) -> None:
    """把备份恢复到一个空的存储里（SQLite 或 PostgreSQL）。"""
    from bot.cli.backup import Wanted, bring_back

    raise typer.Exit(bring_back(settings_of(config), Wanted(file, force, stopped)))


@app.command()
def seal(
    new_key: Annotated[bool, typer.Option("--new-key", help="只在密钥文件的第一行加一把新密钥")] = False,
    lost: Annotated[bool, typer.Option("--lost", help="密钥找不回来了：清空解不开的文字，让机器人能再启动")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="和 --lost 一起：不再确认")] = False,
    config: Config = None,
) -> None:
    """照密钥文件的第一行，把存储里的文字全部加密、换密钥或解密；机器人可以照常运行。"""
    from bot.cli import sealing

    settings = settings_of(config)
    if new_key:
        raise typer.Exit(sealing.new_key(settings))
    if lost:
        asked = "解不开的文字会被清空，以后找回密钥也恢复不了。先备份了吗？继续吗？"
        raise typer.Exit(sealing.give_up(settings, lambda: yes or typer.confirm(asked)))
    raise typer.Exit(sealing.seal(settings))


person = Commands(
    cls=ChineseGroup, help="一位会员的数据：看、导出、删除。", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(person, name="person")
PersonId = Annotated[str, typer.Argument(help="会员账号：userid 或 external_userid", metavar="ID")]


@person.command("show")
def person_show(id_: PersonId, config: Config = None) -> None:
    """保存了什么、为什么、到什么时候。"""
    from bot.cli.person import show as run

    raise typer.Exit(run(settings_of(config), id_))


@person.command("export")
def person_export(
    id_: PersonId, to: Annotated[Path, typer.Option(help="写到这个文件（JSON）")], config: Config = None
) -> None:
    """把这位会员的全部数据写成文件。"""
    from bot.cli.person import export as run

    raise typer.Exit(run(settings_of(config), id_, to))


@person.command("forget")
def person_forget(
    id_: PersonId,
    yes: Annotated[bool, typer.Option("--yes", help="不再确认，直接删除")] = False,
    config: Config = None,
) -> None:
    """删除这位会员的全部数据，只留一个加盐的标记。"""
    from bot.cli.person import forget as run

    raise typer.Exit(run(settings_of(config), id_, lambda preview: yes or typer.confirm(f"{preview}\n\n删除吗？")))
