"""compose.yaml names only what exists, shows only nginx to the outside, and holds no secret."""

import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from bot.cli import app
from bot.environ import keys
from bot.librarian import _builder_environ
from bot.settings import Settings, load
from tests.deploy.files import DEPLOY, ROOT, bots, compose, locked, text

AES_KEY = "a" * 42 + "E"
SECRETS = {"store_url": "postgresql://fencun:only-here@postgres/fencun"}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a bot in compose.yaml, with its secrets where they can be read here."""
    found = dict(next(iter(bots().values()))["environment"])
    for name, value in found.items():
        if name.endswith("_FILE"):
            secret = value.removeprefix("/run/secrets/")
            path = tmp_path / secret
            path.write_text(
                SECRETS.get(secret, AES_KEY if secret.endswith("aes_key") else f"{secret.replace('_', '')}1")
            )
            found[name] = str(path)
    return found


def test_there_are_two_of_each_role_and_their_commands_exist() -> None:
    roles = []
    group = typer.main.get_command(app)
    for service in bots().values():
        name, *words = service["command"]
        command = group.commands[name]  # type: ignore[attr-defined]
        with command.make_context(name, words, parent=click.Context(group)) as context:
            roles.append(str(context.params["role"]))
    assert sorted(roles) == ["clock", "clock", "web", "web", "worker", "worker"]


def test_the_settings_load_with_the_sample_and_the_variables(environ: dict[str, str]) -> None:
    settings = load(DEPLOY / "fencun.several.toml", {**environ, "FENCUN_CONFIG": ""})
    assert settings.store.url == SECRETS["store_url"]
    assert settings.wecom.app is not None
    assert settings.wecom.kf is not None
    assert settings.server.host == "0.0.0.0"


def test_the_builder_of_the_index_gets_settings_that_load_and_no_secret(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sections stand half in the file and half in variables here; the builder sees neither."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    passed = _builder_environ(load(DEPLOY / "fencun.several.toml", {**environ, "FENCUN_CONFIG": ""}))
    assert load(None, passed).knowledge.vectors == "http://chroma:8000"
    assert [name for name in passed if name.startswith(("FENCUN_WECOM", "FENCUN_STORE"))] == []


def test_every_variable_is_known_and_a_secret_comes_from_a_file() -> None:
    known = {key.variable: key for key in keys(Settings)}
    for service in bots().values():
        for name in service["environment"]:
            if name == "FENCUN_CONFIG":
                continue
            key = known[name.removesuffix("_FILE")]
            assert key.secret == name.endswith("_FILE"), name


def test_there_is_no_secret_in_any_file_of_deploy() -> None:
    given = tomllib.loads(text("fencun.several.toml"))
    secret = {key.path for key in keys(Settings) if key.secret}
    assert [path for path in secret if _at(given, path) is not None] == []
    for service in compose()["services"].values():
        loud = {name for name in service.get("environment", {}) if re.search("PASSWORD|SECRET|TOKEN|KEY|URL", name)}
        assert {name for name in loud if not name.endswith("_FILE")} == set()


def _at(given: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        given = given.get(step) if isinstance(given, dict) else None
    return given


def test_what_is_used_is_declared_and_what_is_declared_is_used() -> None:
    read = compose()
    services = read["services"].values()
    for kind, used in (
        ("secrets", {name for each in services for name in each.get("secrets", ())}),
        ("networks", {name for each in services for name in each["networks"]}),
        ("configs", {one["source"] for each in services for one in each.get("configs", ())}),
        ("volumes", {one.partition(":")[0] for each in services for one in each["volumes"] if not one.startswith(".")}),
    ):
        assert used == set(read[kind]), kind


def test_only_nginx_is_published_and_the_rest_lies_inside() -> None:
    read = compose()
    services = read["services"]
    assert [name for name, each in services.items() if "ports" in each] == ["nginx"]
    inner = {name for name, each in read["networks"].items() if each.get("internal")}
    for name in ("web1", "web2", "postgres", "chroma"):
        assert set(services[name]["networks"]) <= inner
    assert set(services["nginx"]["networks"]).isdisjoint(services["postgres"]["networks"])


def test_everything_comes_back_and_is_watched() -> None:
    for name, service in compose()["services"].items():
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"], name


def test_ports_and_addresses_agree_everywhere() -> None:
    read, several = compose(), tomllib.loads(text("fencun.several.toml"))
    nginx = text("nginx.conf")
    webs = {name: each for name, each in bots().items() if "web" in each["command"]}
    for service in bots().values():
        port = service["environment"]["FENCUN_SERVER__PORT"]
        assert f"127.0.0.1:{port}/healthz" in service["healthcheck"]["test"][-1]
    assert re.findall(r"server (\w+):(\d+) ", nginx) == [(name, port) for name in webs] * 2  # the second time as backup
    assert f"EXPOSE {port}" in text("Dockerfile")
    proxy = read["services"]["nginx"]
    assert proxy["ports"][0].partition(":")[2] in re.findall(r"^ +listen (\d+) ", nginx, re.MULTILINE)
    assert several["server"]["trusted_proxies"] == [proxy["networks"]["front"]["ipv4_address"]]
    assert several["server"]["metrics_from"] == [read["networks"]["inside"]["ipam"]["config"][0]["subnet"]]
    assert f"client_max_body_size {several['server']['body_limit_kb']}k;" in nginx
    chroma = read["services"]["chroma"]["healthcheck"]["test"][-1].rpartition("/")[2]
    assert several["knowledge"]["vectors"] == f"http://chroma:{chroma}"


def test_every_image_has_a_version_and_chroma_has_that_of_our_client() -> None:
    images = {each["image"] for each in compose()["services"].values()}
    images |= set(re.findall(r"^FROM (\S+)", text("Dockerfile"), re.MULTILINE))
    assert [image for image in images if not re.search(r":\d+\.\d+(\.\d+)?(-\w+)*$", image)] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"fencun:{project['version']}" in images
    assert f"chromadb/chroma:{locked('chromadb')}" in images


def test_the_connections_of_all_processes_fit_the_server() -> None:
    several = tomllib.loads(text("fencun.several.toml"))
    each = several["store"]["pool"] + 1 + several["work"]["concurrency"] + 2  # see "Sizing" in docs/operations.md
    most = next(word for word in compose()["services"]["postgres"]["command"] if "max_connections" in word)
    documents = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    limits = re.findall(
        r"ROLE fencun LOGIN.*CONNECTION LIMIT (\d+)", compose()["configs"]["role"]["content"] + documents
    )
    assert limits, "the bot's own account, not that of the owner of the tables"
    assert len(set(limits)) == 1, "the role of the documents is that of compose.yaml"
    spare = 10  # for migrate, backup and whoever looks
    assert each * len(bots()) + spare < int(limits[0]) < int(most.partition("=")[2]) - spare
