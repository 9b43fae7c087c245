"""With CI=true a skipped test is a failure: a check that did not run has shown nothing."""

import os

import pytest

pytest_plugins = ["tests.postgres", "tests.log_watch"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI=true makes a skip a failure: {report.longrepr}"
    return report
