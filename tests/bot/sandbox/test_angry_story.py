"""One story, played by hand in a real Chromium: an angry member, from the first word to the resolved ticket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.bot.sandbox.browser import bubbles, needs_chromium, opened, says, seat

pytestmark = needs_chromium

ANGRY = "沙发坏了三天没人管，你们太过分了，我要投诉！"


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with opened(tmp_path) as page:
        yield page


async def test_an_angry_member_is_handed_over_held_and_resolved(page: Page) -> None:
    await says(page, "member", ANGRY)
    await expect(bubbles(page, "member", "bot")).to_have_count(1)
    await expect(bubbles(page, "member", "bot").last).to_contain_text("抱歉")

    await seat(page, "consultant").locator("[data-view=notes]").click()
    notes = seat(page, "consultant").locator("[data-log]")
    await expect(notes).to_contain_text("我要投诉")
    await expect(notes).to_contain_text("情绪")

    await says(page, "member", "小客厅沙发买多大？")
    await seat(page, "consultant").locator("[data-view=sessions]").click()
    await says(page, "consultant", "您好，我是李华，马上给您换新的。")
    await expect(bubbles(page, "member", "human")).to_have_count(1)
    await expect(bubbles(page, "member", "bot")).to_have_count(1)

    await says(page, "operator", "/handoffs")
    await expect(bubbles(page, "operator", "bot").last).to_contain_text("1 号")

    await seat(page, "consultant").locator("[data-action=end]").first.click()
    await expect(bubbles(page, "member", "bot")).to_have_count(2)
    await seat(page, "member").locator("[data-action=menu]", has_text="满意").first.click()
    await expect(bubbles(page, "member", "bot")).to_have_count(3)

    await says(page, "operator", "/resolve 1 已换新沙发，会员接受")
    await expect(bubbles(page, "operator", "bot").last).to_contain_text("/followup 1")
    await says(page, "member", "小客厅沙发买多大？")
    await expect(bubbles(page, "member", "bot").last).to_contain_text("——《")
