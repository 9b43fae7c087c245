"""What a reader sees of one Markdown text on each channel."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wecom.render import app_markdown, plain, render
from handlers.turn import Channel

GUIDE = """# 布艺沙发清洁

先看**洗标**，再试一小块。详见[护理指南](https://example.com/care)和 `W` 标记。

- 吸尘
- 局部清洁
  1. 喷清水
  2. 吸干
- 通风

> 深色布料容易褪色。

| 污渍 | 办法 |
| --- | --- |
| 咖啡 | 温水 |
| 油 | 小苏打 |
"""


def test_plain_text_keeps_the_words_and_no_marks() -> None:
    assert plain(GUIDE) == (
        "布艺沙发清洁\n\n"
        "先看洗标，再试一小块。详见护理指南：https://example.com/care 和 W 标记。\n\n"
        "· 吸尘\n· 局部清洁\n  1. 喷清水\n  2. 吸干\n· 通风\n\n"
        "深色布料容易褪色。\n\n"
        "咖啡：温水\n油：小苏打"
    )


def test_the_app_subset_keeps_what_clients_draw() -> None:
    assert app_markdown(GUIDE) == (
        "# 布艺沙发清洁\n\n"
        "先看**洗标**，再试一小块。详见[护理指南](https://example.com/care)和 `W` 标记。\n\n"
        "· 吸尘\n· 局部清洁\n  1. 喷清水\n  2. 吸干\n· 通风\n\n"
        "> 深色布料容易褪色。\n\n"
        "咖啡：温水\n油：小苏打"
    )


def test_an_ai_bot_gets_the_text_as_it_is() -> None:
    assert render(GUIDE, Channel.AIBOT) == GUIDE


@pytest.mark.parametrize("channel", [Channel.KF, Channel.CUSTOMERS, Channel.CONTACT])
def test_customers_see_no_markdown(channel: Channel) -> None:
    assert render("**好**", channel) == "好"


@pytest.mark.parametrize("channel", [Channel.APP, Channel.APPCHAT, Channel.ROBOT])
def test_colleagues_see_the_subset(channel: Channel) -> None:
    assert render("**好** *好*", channel) == "**好** 好"


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("", ""),
        ("你好，\n世界", "你好，\n世界"),
        (
            "**重点：**先试一小块",
            "重点：先试一小块",
        ),  # CommonMark does not close bold here, our readers must not see it
        ("3. 第三\n4. 第四", "3. 第三\n4. 第四"),
        ("<https://example.com/a?b=c>", "https://example.com/a?b=c"),
        ("[https://example.com](https://example.com)", "https://example.com"),
        ("见[指南](https://example.com)。", "见指南：https://example.com。"),
        ("[洗标](washing.md#labels)", "洗标"),
        ("[点我](javascript:alert(1))", "[点我](javascript:alert(1))"),
        ("![沙发](https://example.com/a.png)", "沙发：https://example.com/a.png"),
        ("a<br>b<font color='info'>c</font>", "a\nbc"),
        ("---", ""),
        ("```\n**原样**\n```", "**原样**"),
        ("价格 < 100 & > 50", "价格 < 100 & > 50"),
        ("| 名 | 长 | 宽 |\n|--|--|--|\n| 桌 | 1 | 2 |\n| 椅 | | 3 |", "桌：长 1，宽 2\n椅：宽 3"),
        ("| 名 |\n|--|\n| 桌 |", "桌"),
        ("| 名 | 长 |\n|--|--|", "名，长"),
        ("~~旧~~新", "旧新"),
        ("- 一\n\n  二\n- 三", "· 一\n  二\n· 三"),
    ],
)
def test_plain_text_of_each_mark(markdown: str, text: str) -> None:
    assert plain(markdown) == text


def test_font_colours_are_the_only_html_of_the_subset() -> None:
    text = app_markdown('<font color="warning">注意</font><script>x</script><b>好</b>')
    assert text == '<font color="warning">注意</font>x好'


@given(st.text())
def test_no_text_breaks_the_rendering(markdown: str) -> None:
    assert plain(markdown) == plain(markdown).strip()
    app_markdown(markdown)


@given(st.text("# *_`[]()<>|-\n1.~!:/ab好", max_size=80))
def test_no_markdown_breaks_the_rendering(markdown: str) -> None:
    plain(markdown)
    app_markdown(markdown)
