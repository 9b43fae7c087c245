"""Where settings come from, and what stops the start."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.environ import keys
from bot.settings import Settings, WrongSettings, load

ROOT = Path(__file__).resolve().parents[2]
KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
APP = f'[wecom.app]\nagent_id = 1000002\nsecret = "the-app-secret"\ntoken = "QDG6eK"\nencoding_aes_key = "{KEY}"\n'
CORP = '[wecom]\ncorp_id = "wx5823bf96d3bd56c7"\n'


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(toml: str) -> Path:
        path = tmp_path / "fencun.toml"
        path.write_text(toml, encoding="utf-8")
        return path

    return write


Write = Callable[[str], Path]


def said(config: Path | None, environ: Mapping[str, str] | None = None) -> str:
    with pytest.raises(WrongSettings) as wrong:
        load(config, environ or {})
    return str(wrong.value)


def test_without_a_file_and_variables_everything_has_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(None, {})
    assert settings == Settings()
    assert (settings.wecom.corp_id, settings.wecom.app, settings.wecom.aibots) == ("", None, ())
    assert settings.store.url == "sqlite:///var/fencun.db"
    assert settings.restraint.quiet == "21:00-09:00"


def test_a_channel_is_read_whole(written: Write) -> None:
    app = load(written(CORP + APP), {}).wecom.app
    assert app is not None
    assert app.agent_id == 1000002
    assert app.secret.get_secret_value() == "the-app-secret"


def test_the_named_file_goes_before_the_variable_and_that_before_the_folder(
    written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written("[server]\nport = 1")
    for name, port in (("a.toml", 2), ("b.toml", 3)):
        (tmp_path / name).write_text(f"[server]\nport = {port}", encoding="utf-8")
    assert load(None, {}).server.port == 1
    assert load(None, {"FENCUN_CONFIG": "a.toml"}).server.port == 2
    assert load(Path("b.toml"), {"FENCUN_CONFIG": "a.toml"}).server.port == 3


def test_a_named_file_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    assert "读不到" in said(tmp_path / "none.toml")
    assert "读不到" in said(None, {"FENCUN_CONFIG": str(tmp_path / "none.toml")})


def test_broken_toml_is_told_with_its_place_and_without_its_content(written: Write) -> None:
    message = said(written('[model]\napi_key = "sk-visible\n'))
    assert "第 2 行" in message
    assert "sk-visible" not in message


def test_every_key_can_be_set_by_a_variable_above_the_file(written: Write) -> None:
    environ = {
        "FENCUN_TIMEZONE": "Asia/Tokyo",
        "FENCUN_SERVER__PORT": "9000",
        "FENCUN_RESTRAINT__GAP_HOURS": "1.5",
        "FENCUN_PEOPLE__OPERATORS": "Li, wang",
        "FENCUN_PEOPLE__LEADS": '["zhao"]',
        "FENCUN_WECOM__APP__TOKEN": "another",
    }
    settings = load(written(CORP + APP + "[server]\nport = 1\nhost = '0.0.0.0'"), environ)
    assert settings.timezone == "Asia/Tokyo"
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 9000)
    assert settings.restraint.gap_hours == 1.5
    assert (settings.people.operators, settings.people.leads) == (("li", "wang"), ("zhao",))
    assert settings.wecom.app is not None
    assert settings.wecom.app.token.get_secret_value() == "another"


def test_a_variable_with_one_letter_too_many_is_unknown_whatever_its_key() -> None:
    for key in keys(Settings):
        if "aibots" not in key.path and "group_robots" not in key.path and "schedules" not in key.path:
            message = said(None, {key.variable + "X": "1"})
            assert key.variable + "X：没有这个设置项" in message


def test_lists_of_tables_come_as_json_or_entry_by_entry(written: Write, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n", encoding="utf-8")
    environ = {
        "FENCUN_WECOM__AIBOTS": f'[{{"name": "小分", "token": "abc", "encoding_aes_key": "{KEY}"}}]',
        "FENCUN_WECOM__GROUP_ROBOTS__0__KEY_FILE": str(tmp_path / "secret"),
        "FENCUN_SCHEDULES": '[{"name": "周四", "every": "周四 10:00", "to": ["robot:育儿群"]}]',
    }
    settings = load(written('[[wecom.group_robots]]\nname = "育儿群"\nkey = "in-the-file"'), environ)
    assert settings.wecom.aibots[0].display_name == "小分"
    assert settings.wecom.group_robots[0].key.get_secret_value() == "from-a-file"
    assert settings.schedules[0].to == ("robot:育儿群",)


def test_a_secret_is_read_from_the_file_that_a_variable_names(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-1\n", encoding="utf-8")
    (tmp_path / "url").write_text("postgresql://u:p@h/db\n", encoding="utf-8")
    environ = {"FENCUN_MODEL__API_KEY_FILE": str(tmp_path / "key"), "FENCUN_STORE__URL_FILE": str(tmp_path / "url")}
    settings = load(None, environ)
    assert settings.model.api_key.get_secret_value() == "sk-1"
    assert settings.store.url == "postgresql://u:p@h/db"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"FENCUN_MODEL__API_KEY_FILE": "/nowhere/key"}, "读不到它指的文件"),
        ({"FENCUN_MODEL__API_KEY_FILE": __file__, "FENCUN_MODEL__API_KEY": "a"}, "只能设置一个"),
        ({"FENCUN_SERVER__PORT_FILE": __file__}, "没有这个设置项"),
        ({"FENCUN_SERVER": "{}"}, "没有这个设置项"),
        ({"FENCUN_SCHEDULES": '[{"name": "\\ud800"}]'}, "FENCUN_SCHEDULES：要写成"),
        ({"FENCUN_SCHEDULES": "[" * 100_000}, "FENCUN_SCHEDULES：要写成"),
        ({f"FENCUN_WECOM__AIBOTS__{'1' * 5000}__NAME": "a"}, "没有这个设置项"),
        ({"FENCUN_SCHEDULES": '[{"name": "\udcff"}]'}, "FENCUN_SCHEDULES：不是 UTF-8 文字"),
        ({"FENCUN_SERVR__PORT": "1"}, "是不是想写 FENCUN_SERVER__PORT"),
        ({"FENCUN_PORT": "8080"}, "没有这个设置项"),
        ({"FENCUN_WECOM__AIBOTS": "{}"}, "JSON 列表"),
        ({"FENCUN_PEOPLE__LEADS": "[a"}, "要写成"),
        ({"FENCUN_SERVER__PORT": "many"}, "要写成整数（来自 FENCUN_SERVER__PORT）"),
    ],
)
def test_a_wrong_variable_stops_the_start(environ: dict[str, str], expected: str) -> None:
    assert expected in said(None, environ)


@pytest.mark.parametrize("between", [":", ";", ": ", "_", ""])
def test_a_secret_that_slipped_into_a_variable_s_name_is_not_told(between: str) -> None:
    text = said(None, {f"FENCUN_MODEL__API_KEY{between}sk1234567890abcdef=": "="})
    assert "FENCUN_MODEL__API_KEY…：没有这个设置项" in text
    assert "sk1234567890" not in text


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load(None, {"FENCUN_SERVER__PORT": "", "FENCUN_WECOM__APP__SECRET": ""}) == Settings()


def test_what_kubernetes_adds_for_a_service_called_fencun_is_not_ours() -> None:
    environ = {
        "FENCUN_SERVICE_HOST": "10.0.0.7",
        "FENCUN_SERVICE_PORT": "80",
        "FENCUN_SERVICE_PORT_HTTP": "80",
        "FENCUN_PORT": "tcp://10.0.0.7:80",
        "FENCUN_PORT_80_TCP": "tcp://10.0.0.7:80",
        "FENCUN_PORT_80_TCP_ADDR": "10.0.0.7",
        "FENCUN_WEB_PORT_80_TCP_PORT": "80",
    }
    assert load(None, environ) == Settings()


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("timezone = " + "[" * 5000, "括号套得太深"),
        ("[servr]\nport = 1", "servr：没有这个设置项，是不是想写 server"),
        ("[server]\nprot = 1", "server.prot：没有这个设置项，是不是想写 server.port"),
        ('[server]\ncorp_id = "x"', "是不是想写 wecom.corp_id"),
        ("[server]\nport = 70000", "server.port：不能大于 65535"),
        ('server = "x"', "server：这是一节"),
        ('timezone = "Asia/Peking"', "timezone：没有这个时区"),
        ('timezone = "../etc/passwd"', "timezone：没有这个时区"),
        ('[server]\npublic_url = "bot.example.com"', "server.public_url：要写成 http"),
        ('[server]\ntrusted_proxies = ["10.0.0.1/8"]', "server.trusted_proxies[0]：要写成网段"),
        ('[server]\ntrusted_proxies = ["nginx"]', "server.trusted_proxies[0]：要写成网段"),
        ('[server]\ntrusted_proxies = "10.0.0.0/8"', "server.trusted_proxies：要写成列表"),
        ('[server]\ntrusted_proxies = ["0.0.0.0/0"]', "server.trusted_proxies[0]：不能是全部地址"),
        ('[server]\nmetrics_from = ["::/0"]', "server.metrics_from[0]：不能是全部地址"),
        ("[server]\nrequests_per_second = 0", "server.requests_per_second：要大于 0"),
        ("[server]\nheader_seconds = 0", "server.header_seconds：要大于 0"),
        ("[server]\nbody_seconds = 1000", "server.body_seconds：不能大于 300"),
        ('[store]\nurl = "mysql://x"', "store.url：要写成"),
        ('[store]\nurl = "postgresql://u:p@h:port/db"', "store.url：要写成"),
        ('[wecom]\nproxy = "http://[::1"', "wecom.proxy：要写成 http"),
        ("[restraint]\nperson_per_day = true", "restraint.person_per_day：要写成数字"),
        ('[restraint]\nperson_per_day = ""', "restraint.person_per_day：要写成整数"),
        ("[restraint]\nperson_per_day = -1", "restraint.person_per_day：不能小于 0"),
        ('[restraint]\nquiet = "9 to 5"', "restraint.quiet：免打扰时段"),
        ('[handoff]\nworking_hours = "09:00-25:00"', "handoff.working_hours：要写成 HH:MM-HH:MM"),
        ('[handoff]\nworking_hours = "09:00-09:00"', "handoff.working_hours：要写成 HH:MM-HH:MM"),
        ('[handoff]\nroute = "any"', "handoff.route：只能是 'named' 或 'pool'"),
        ('[knowledge]\nembedding = "openai"', "knowledge.embedding_model：选了"),
        ('[people]\nleads = "zhao"', "people.leads：要写成列表"),
        ("[people]\nleads = [1]", "people.leads[0]：要写成文字"),
        (APP, "wecom.corp_id：缺少"),
        (CORP + APP.replace("QDG6eK", "has-dash"), "wecom.app.token：要 1 到 32 位"),
        (CORP + APP.replace(KEY, KEY[1:]), "wecom.app.encoding_aes_key：要正好 43 位"),
        (CORP + "[wecom.kf]\nsecret = 'x'", "wecom.kf.token：缺少"),
        ('[[wecom.aibots]]\nname = "a b"', "wecom.aibots[0].name：只能用"),
        ('[[wecom.aibots]]\nname = "a"', 'wecom.aibots[0].token：mode = "callback" 时必须填写'),
        ('[[wecom.aibots]]\nname = "a"\nmode = "websocket"', "wecom.aibots[0].bot_id：mode"),
        ("[[wecom.group_robots]]\nname = 'a'\nkey = ''", "wecom.group_robots[0].key：不能留空"),
    ],
)
def test_a_wrong_key_is_named_with_what_is_wrong(written: Write, toml: str, expected: str) -> None:
    assert expected in said(written(toml))


def test_every_problem_is_told_at_once_and_no_value_with_it(written: Write) -> None:
    toml = """
    [server]
    port = "hidden-1"
    [model]
    api_kee = "hidden-2"
    [wecom.app]
    secret = "hidden 3"
    token = "hidden-4"
    [[wecom.group_robots]]
    name = "a"
    key = "k"
    [[wecom.group_robots]]
    name = "a"
    key = "hidden 5"
    """
    wrong = {"FENCUN_STORE__URL": "postgresql://u:hidden@h:hidden/db", "FENCUN_MODEL__API_KEY_FILE": "hidden-8"}
    message = said(written(toml), {"FENCUN_MODL__API_KEY": "hidden-6", "FENCUN_MODEL__BASE_URL": "hidden-7", **wrong})
    for key in ("server.port", "model.api_kee", "wecom.corp_id", "wecom.app.secret", "wecom.app.token"):
        assert f"- {key}：" in message
    for key in ("wecom.group_robots[1].name", "wecom.group_robots[1].key", "FENCUN_MODL__API_KEY", "model.base_url"):
        assert f"- {key}：" in message
    assert "hidden" not in message


def test_the_error_carries_nothing_that_holds_the_values(written: Write) -> None:
    with pytest.raises(WrongSettings) as wrong:
        load(written(CORP + APP.replace("QDG6eK", "a token!")), {})
    assert wrong.value.__cause__ is None
    assert wrong.value.__context__ is None


BOTS = f"""
[[wecom.aibots]]
name = "小分"
token = "abc"
encoding_aes_key = "{KEY}"
[[wecom.aibots]]
name = "长连"
mode = "websocket"
bot_id = "b"
secret = "s"
[[wecom.group_robots]]
name = "育儿群"
key = "k"
"""


def schedule(to: str, every: str = "周四 10:00") -> str:
    return f'{BOTS}\n[[schedules]]\nname = "育儿"\nevery = "{every}"\nto = ["{to}"]'


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("robot:装修群", "没有在 [[wecom.group_robots]] 里设置，现有：育儿群"),
        ("aibot:大分:group:wr1", "没有在 [[wecom.aibots]] 里设置，现有：小分、长连"),
        ("aibot:小分:group:wr1", "回调模式，不能主动推送"),
        ("app:zhangsan", "要用 [wecom.app]"),
        ("group:li:wr1", "要用 [wecom.contact]"),
        ("mail:a", "schedules[0].to[0]：收件地址"),
    ],
)
def test_a_schedule_reaches_only_what_is_set_up(written: Write, to: str, expected: str) -> None:
    assert expected in said(written(schedule(to)))


@pytest.mark.parametrize("to", ["robot:育儿群", "aibot:长连:group:wr1", "aibot:长连:single:zhangsan"])
def test_a_schedule_to_a_bot_that_may_push_is_good(written: Write, to: str) -> None:
    assert load(written(schedule(to)), {}).schedules[0].to == (to,)


def test_a_schedule_needs_a_time_that_exists(written: Write) -> None:
    assert "schedules[0].every：" in said(written(schedule("robot:育儿群", every="周四 25:00")))


def test_no_secret_shows_in_a_printed_settings_object(written: Write) -> None:
    toml = BOTS + CORP.replace("[wecom]", "[store]\nurl = 'postgresql://u:pw-hidden@h/db'\n[wecom]") + APP
    toml = toml.replace('"k"', '"key-hidden"').replace("corp_id", 'proxy = "http://u:px-hidden@proxy:3128"\ncorp_id')
    settings = load(written(_tables_last(toml)), {})
    for secret in ("pw-hidden", "px-hidden", "key-hidden", "the-app-secret", KEY):
        assert secret not in repr(settings)
        assert secret in settings.secrets()


def _tables_last(toml: str) -> str:
    """TOML wants [wecom] before the lists of tables inside it."""
    return toml.removeprefix(BOTS.replace('"k"', '"key-hidden"')) + BOTS.replace('"k"', '"key-hidden"')


def test_the_example_file_is_accepted_and_names_every_key() -> None:
    example = ROOT / "fencun.example.toml"
    settings = load(example, {})
    assert settings.schedules
    text = example.read_text(encoding="utf-8")
    missing = [key.dotted for key in keys(Settings) if f"{key.path[-1]}" not in text]
    assert missing == []


def test_settings_cannot_be_changed() -> None:
    settings: Any = Settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.timezone = "UTC"
