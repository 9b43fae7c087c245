"""The sandbox in a real Chromium: what a person who tries Fencun for the first time does and sees."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.run import SAMPLE_GUIDES
from tests.bot.sandbox.browser import bubbles, needs_chromium, opened, says, seat

GUIDES = len(list(SAMPLE_GUIDES.rglob("*.md")))

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the sample guides is built by the first sandbox and used by the next."""
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture
async def page(folder: Path) -> AsyncIterator[Page]:
    async with opened(folder) as page:
        yield page


async def test_a_member_gets_cited_answers_and_an_honest_refusal(page: Page) -> None:
    questions = {
        "小客厅沙发买多大？": "沙发",
        "客厅地毯怎么选大小": "地毯",
        "皮沙发怎么清洁": "真皮",
        "6 个月宝宝怎么加辅食？": "辅食",
        "宝宝红屁股怎么护理": "尿布疹",
        "两岁孩子发脾气怎么办": "发脾气",
    }
    for number, (question, subject) in enumerate(questions.items(), 1):
        await says(page, "member", question)
        cited = bubbles(page, "member", "bot").filter(has_text="——《")  # a long answer takes two bubbles
        await expect(cited).to_have_count(number)
        await expect(cited.nth(number - 1)).to_contain_text(subject)
    await says(page, "member", "火星上怎么种土豆？")
    await expect(bubbles(page, "member", "bot").filter(has_text="转人工")).to_have_count(1)
    await expect(bubbles(page, "member", "bot").last).to_contain_text("转人工")
    await expect(bubbles(page, "member", "bot").last).not_to_contain_text("——《")


async def test_a_person_takes_over_and_gives_back(page: Page) -> None:
    await says(page, "member", "转人工")
    await expect(bubbles(page, "member", "bot")).to_have_count(1)
    await says(page, "consultant", "您好，我是李华。")
    await expect(bubbles(page, "member", "human")).to_have_count(1)
    await says(page, "member", "小客厅沙发买多大？")
    await expect(bubbles(page, "member", "me").last).to_contain_text("沙发")
    await says(page, "consultant", "我看一下。")
    await expect(bubbles(page, "member", "human")).to_have_count(2)
    await expect(bubbles(page, "member", "bot")).to_have_count(1)  # silent while a person serves
    await seat(page, "consultant").locator("[data-action=end]").first.click()
    await expect(seat(page, "consultant").locator("[data-action=end]")).to_have_count(0)
    await says(page, "member", "小客厅沙发买多大？")
    await expect(bubbles(page, "member", "bot")).to_have_count(2)
    await expect(bubbles(page, "member", "bot").last).to_contain_text("——《")


async def test_an_operator_steers_and_reads_the_gate_s_reason(page: Page) -> None:
    await says(page, "operator", "/help")
    await expect(bubbles(page, "operator", "bot").last).to_contain_text("/push")
    await says(page, "operator", "/status")
    await expect(bubbles(page, "operator", "bot").last).to_contain_text(f"指南：{GUIDES} 份")
    await page.locator("[data-action=jump-next]").click()
    posts = seat(page, "group").locator(".post")
    await expect(posts).to_have_count(1)
    await says(page, "operator", "/push 1")
    await expect(bubbles(page, "operator", "bot").last).to_contain_text("group_day")
    await expect(posts).to_have_count(1)


async def test_the_group_asks_the_ai_bot_and_the_wire_shows_it_without_secrets(page: Page) -> None:
    await says(page, "group", "布艺沙发怎么清洗？")
    await expect(bubbles(page, "group", "bot").last).to_contain_text("——《")
    await expect(page.locator("[data-wire]").first).to_be_visible()
    text = await page.locator("[data-wire-list]").inner_text()
    assert "access_token=" not in text


async def test_answers_are_rated_by_a_tap_and_by_a_thumb(page: Page) -> None:
    await says(page, "member", "小客厅沙发买多大？")
    await expect(bubbles(page, "member", "bot")).to_have_count(1)
    await seat(page, "member").locator("[data-action=menu]", has_text="没用").click()
    await expect(bubbles(page, "member", "me").last).to_contain_text("没用")
    await expect(bubbles(page, "member", "bot").last).to_contain_text("抱歉")
    await says(page, "group", "小客厅沙发买多大？")
    good = seat(page, "group").locator("[data-action=thumb][data-kind='1']")
    for pressed in ("true", "false"):  # pressed again, it is taken back
        await good.click()
        await expect(good).to_have_attribute("aria-pressed", pressed)
    await says(page, "operator", "/gaps")
    await expect(bubbles(page, "operator", "bot").last).to_contain_text("被点没用")


async def test_what_a_colleague_confirms_is_shown_whole(page: Page) -> None:
    for _ in range(2):
        await page.locator("[data-action=jump-next]").click()
        await expect(page.locator("[data-action=jump-next]")).to_be_enabled()
    await seat(page, "operator").locator("[data-view=tasks]").click()
    texts = seat(page, "operator").locator(".task .plain")
    await expect(texts.first).to_be_visible()
    cut = await texts.evaluate_all("all => all.filter((one) => one.scrollHeight > one.clientHeight + 1).length")
    assert cut == 0
    assert await seat(page, "operator").locator("[data-log]").evaluate("log => log.scrollTop") == 0


async def test_the_newest_line_stays_in_sight_when_the_window_gets_narrow_and_the_seat_changes(page: Page) -> None:
    for text in ("客厅地毯怎么选大小", "你是谁", "你是机器人吗", "在吗", "谢谢"):
        await says(page, "member", text)
    await expect(bubbles(page, "member", "bot").last).to_contain_text("随时找我")
    for text in ("/help", "/status", "/whoami"):
        await says(page, "operator", text)
    await expect(bubbles(page, "operator", "bot").last).to_contain_text("wangwei")
    for name, width in (("member", 600), ("member", 380), ("operator", 380), ("member", 1440), ("operator", 1440)):
        await page.set_viewport_size({"width": width, "height": 800})
        if width < 1180:
            await page.locator(f".seat-tabs [data-tab={name}]").click()
        await expect(bubbles(page, name, "bot").last).to_be_in_viewport()


async def test_a_scroll_told_late_when_the_chat_is_already_narrower_does_not_lose_the_newest_line(page: Page) -> None:
    for text in ("客厅地毯怎么选大小", "你是谁", "你是机器人吗", "在吗", "谢谢"):
        await says(page, "member", text)
    await expect(bubbles(page, "member", "bot").last).to_contain_text("随时找我")
    narrower = "log => { log.style.maxWidth = '180px'; log.dispatchEvent(new Event('scroll')); }"
    await page.locator("[data-seat=member] [data-log]").evaluate(narrower)
    await expect(bubbles(page, "member", "bot").last).to_be_in_viewport()
