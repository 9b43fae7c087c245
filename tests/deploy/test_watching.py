"""Dashboard and alerts ask only for figures that exist, with labels that they have; every alert has its entry."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from bot.metrics import Metrics
from tests.deploy.files import ROOT, text

FIGURE = re.compile(r"\b((?:fencun|process|up)(?:_\w+)?)(?:\{([^}]*)\})?")
ADDED = {"instance", "job", "le"}  # by Prometheus
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",), "unknown": ("",)}


def names() -> dict[str, set[str]]:
    """What Prometheus stores of us, with the labels of each."""
    registry = Metrics().registry
    found: dict[str, set[str]] = {"up": set()}
    for family in registry.collect():
        collector: Any = registry._names_to_collectors.get(family.name + SUFFIXES[family.type][0])
        labels = set(getattr(collector, "_labelnames", ()))
        found |= {family.name + suffix: labels for suffix in SUFFIXES[family.type]}
    return found


def asked() -> Iterator[str]:
    for panel in json.loads(text("grafana-dashboard.json"))["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    for rule in rules():
        yield rule["expr"]


def rules() -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = yaml.safe_load(text("alerts.yaml"))["groups"][0]["rules"]
    return read


def test_every_figure_that_is_asked_for_exists() -> None:
    known = names()
    for expression in asked():
        used = FIGURE.findall(expression)
        assert used, expression
        for name, selector in used:
            assert name in known, expression
            assert set(re.findall(r"(\w+)\s*[=!]~?", selector)) <= known[name] | ADDED, expression


def test_what_is_summed_by_is_a_label() -> None:
    known = names()
    for expression in asked():
        labels = {one.strip() for group in re.findall(r"\bby \(([^)]*)\)", expression) for one in group.split(",")}
        has = set().union(*(known[name] for name, _ in FIGURE.findall(expression)))
        assert labels <= has | ADDED, expression


def test_every_figure_of_ours_is_on_the_dashboard() -> None:
    shown = {name for expression in asked() for name, _ in FIGURE.findall(expression)}
    families = {family.name for family in Metrics().registry.collect() if family.name.startswith("fencun_")}
    assert {name for name in families if not any(each.startswith(name) for each in shown)} == set()


def test_every_alert_has_its_entry_and_no_entry_is_left_over() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    entries = re.findall(r"^\| (Fencun\w+) \|", page, re.MULTILINE)
    alerts = re.findall(r"- alert: (\w+)", text("alerts.yaml"))  # also the one that stands there as a comment
    assert sorted(entries) == sorted(alerts)


def test_an_alert_says_how_urgent_it_is_and_what_is_wrong() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]
