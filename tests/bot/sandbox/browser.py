"""A real Chromium on a real sandbox, and the four seats in it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright

from bot.clock import MovableClock
from bot.sandbox.run import Sandbox

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MONDAY = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)  # Monday 10:05 in Shanghai

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium 没有安装：apt-get install chromium fonts-noto-cjk"
)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Page]:
    """The sandbox's page, ready; its index is kept in `folder`. Fails at the end when a script of the page failed."""
    sandbox = Sandbox(folder, None, MovableClock(MONDAY))
    address = await sandbox.start(0)
    problems: list[str] = []
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.goto(address)
        await page.wait_for_selector("html[data-ready=yes]")
        yield page
        await browser.close()
    await sandbox.stop()
    assert problems == []


def seat(page: Page, name: str) -> Locator:
    return page.locator(f"[data-seat={name}]")


def bubbles(page: Page, name: str, whose: str) -> Locator:
    return seat(page, name).locator(f"[data-bubble={whose}]")


async def says(page: Page, name: str, text: str) -> None:
    await seat(page, name).locator("[data-input]").fill(text)
    await seat(page, name).locator("[data-input]").press("Enter")
