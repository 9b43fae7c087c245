"""The self-built app: messages, cards, media, group chats."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.clock import MovableClock
from bot.doctor import Finding
from bot.doctor_live import examine_live
from bot.sandbox import StandIn
from bot.sandbox.run import settings_for
from bot.settings import Settings

BUTTONS = {
    "card_type": "button_interaction",
    "task_id": "t-1",
    "main_title": {"title": "解决了吗？"},
    "button_list": [{"text": "转人工", "key": "handoff:1"}],
}


def message(stand_in: StandIn, **more: Any) -> dict[str, Any]:
    body = {"touser": "lihua", "msgtype": "text", "agentid": stand_in.world.app.agent_id, "text": {"content": "你好"}}
    return body | more


async def test_some_bad_recipients_are_named_in_lower_case_and_all_bad_is_an_error(stand_in: StandIn, api: Any) -> None:
    answer = await api.post("message/send", message(stand_in, touser="LiHua|NoBody"), "app")
    assert (answer["errcode"], answer["invaliduser"]) == (0, "nobody")
    assert (await api.post("message/send", message(stand_in, touser="NoBody"), "app"))["errcode"] == 81013
    assert (await api.post("message/send", message(stand_in, touser=""), "app"))["errcode"] == 81012
    assert [line.text for line in stand_in.app_chat("lihua")] == ["你好"]


async def test_a_foreign_agent_and_a_foreign_token_are_refused(stand_in: StandIn, api: Any) -> None:
    assert (await api.post("message/send", message(stand_in, agentid=1), "app"))["errcode"] == 40056
    assert (await api.post("message/send", message(stand_in), "kf"))["errcode"] == 48002


async def test_the_app_is_told_about_itself_and_about_no_other(stand_in: StandIn, api: Any) -> None:
    own = str(stand_in.world.app.agent_id)
    answer = await api.get("agent/get", "app", agentid=own)
    assert (answer["errcode"], answer["agentid"], answer["close"]) == (0, int(own), 0)
    assert {"userid": "lihua"} in answer["allow_userinfos"]["user"]
    for wrong in ("1", "x", f" {own}", "１０００００２"):
        assert (await api.get("agent/get", "app", agentid=wrong))["errcode"] == 40056
    assert (await api.get("agent/get", "app"))["errcode"] == 41011
    assert (await api.get("agent/get", "kf", agentid=own))["errcode"] == 48002
    assert (await api.post("agent/get", {}, "app", agentid=own))["errcode"] == 43001


async def test_the_installation_check_can_be_rehearsed(stand_in: StandIn, clock: MovableClock, tmp_path: Path) -> None:
    settings = Settings.model_validate(settings_for(stand_in, tmp_path, tmp_path / "guides", 0))

    async def found() -> dict[str, Finding]:
        return {finding.name: finding for finding in await examine_live(settings, clock)}

    asked = [finding for name, finding in (await found()).items() if name != "企业微信接口"]  # the clock of the test
    assert [finding for finding in asked if finding.ok is False] == []
    stand_in.world.app.closed = True
    assert "停用" in (await found())["自建应用"].message


async def test_long_text_is_cut_and_long_markdown_refused(stand_in: StandIn, api: Any) -> None:
    long = "字" * 700
    assert (await api.post("message/send", message(stand_in, text={"content": long}), "app"))["errcode"] == 0
    assert len(stand_in.app_chat("lihua")[0].text.encode()) <= 2048
    body = message(stand_in, msgtype="markdown", markdown={"content": long})
    assert (await api.post("message/send", body, "app"))["errcode"] == 45002


async def test_above_30_a_minute_messages_are_dropped_silently_but_noted(
    stand_in: StandIn, api: Any, clock: MovableClock
) -> None:
    codes = [
        (await api.post("message/send", message(stand_in, text={"content": str(n)}), "app"))["errcode"]
        for n in range(31)
    ]
    assert set(codes) == {0}
    assert len(stand_in.app_chat("lihua")) == 30
    assert [row.request["touser"] for row in stand_in.wire if row.note.startswith("dropped")] == ["lihua"]
    clock.jump(timedelta(minutes=1))
    await api.post("message/send", message(stand_in), "app")
    assert len(stand_in.app_chat("lihua")) == 31


async def test_the_duplicate_check_delivers_the_same_json_once(
    stand_in: StandIn, api: Any, clock: MovableClock
) -> None:
    body = message(stand_in, enable_duplicate_check=1, duplicate_check_interval=600)
    first, second = [await api.post("message/send", body, "app") for _ in range(2)]
    assert first["msgid"] == second["msgid"]
    assert len(stand_in.app_chat("lihua")) == 1
    clock.jump(timedelta(seconds=601))
    await api.post("message/send", body, "app")
    assert len(stand_in.app_chat("lihua")) == 2


async def test_a_card_is_clicked_and_changed_once(stand_in: StandIn, tiny: Any, api: Any) -> None:
    body = message(stand_in, msgtype="template_card", template_card=BUTTONS)
    sent = await api.post("message/send", body, "app")
    assert sent["response_code"]
    assert (await api.post("message/send", body, "app"))["errcode"] == 40058, "a task id is used once"
    await stand_in.employee_clicks("lihua", "t-1", "handoff:1")
    event = tiny.heard[0][1]
    assert (event["Event"], event["EventKey"], event["TaskId"]) == ("template_card_event", "handoff:1", "t-1")
    update = {
        "userids": ["lihua"],
        "agentid": stand_in.world.app.agent_id,
        "response_code": event["ResponseCode"],
        "button": {"replace_name": "已转"},
    }
    codes = [(await api.post("message/update_template_card", update, "app"))["errcode"] for _ in range(2)]
    assert codes == [0, 60140]
    assert stand_in.app_chat("lihua")[0].text.endswith("[已转]")


@pytest.mark.parametrize(
    ("card", "errcode"),
    [
        ({"card_type": "poster"}, 42031),
        ({"card_type": "text_notice", "main_title": {"title": "甲"}}, 42045),
        ({"card_type": "text_notice", "card_action": {"type": 1, "url": "https://a.example"}}, 42033),
        (BUTTONS | {"button_list": [{"text": "十个字以上的按钮文字啊", "key": "k"}]}, 42038),
        (BUTTONS | {"horizontal_content_list": [{"keyname": "甲"}] * 7}, 42035),
        (BUTTONS | {"task_id": "有空 格"}, 40058),
        (BUTTONS | {"task_id": ""}, 40058),
    ],
)
async def test_a_wrong_card_is_refused_with_its_code(
    stand_in: StandIn, api: Any, card: dict[str, Any], errcode: int
) -> None:
    body = message(stand_in, msgtype="template_card", template_card=card)
    assert (await api.post("message/send", body, "app"))["errcode"] == errcode


async def test_a_member_writes_and_may_be_answered_passively(stand_in: StandIn, tiny: Any) -> None:
    tiny.answer = lambda door, got: {
        "ToUserName": got["FromUserName"],
        "FromUserName": got["ToUserName"],
        "CreateTime": 1,
        "MsgType": "text",
        "Content": f"收到：{got['Content']}",
    }
    reaction = await stand_in.employee_says("lihua", "/help <now> & ]]>")
    assert reaction.ok
    assert [line.text for line in stand_in.app_chat("lihua")] == ["/help <now> & ]]>", "收到：/help <now> & ]]>"]


async def upload(api: Any, form: aiohttp.FormData | aiohttp.MultipartWriter, kind: str = "file") -> dict[str, Any]:
    query = {"access_token": await api.token("app"), "type": kind}
    async with api.session.post(f"{api.base}/cgi-bin/media/upload", params=query, data=form) as answer:
        return await answer.json()


async def test_an_upload_needs_a_raw_file_name(stand_in: StandIn, api: Any) -> None:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("media", b"0123456789", filename="测试.txt", content_type="text/plain")
    kept = await upload(api, form)
    assert stand_in.media.check(kept["media_id"]).filename == "测试.txt"
    assert isinstance(kept["created_at"], str)
    encoded = aiohttp.MultipartWriter("form-data")
    piece = encoded.append(b"0123456789")
    piece.headers["Content-Disposition"] = "form-data; name=\"media\"; filename*=utf-8''%E6%B5%8B.txt"
    assert (await upload(api, encoded))["errcode"] == 44001


async def test_uploads_are_measured_and_expire(stand_in: StandIn, api: Any, clock: MovableClock) -> None:
    def form(content: bytes) -> aiohttp.FormData:
        made = aiohttp.FormData()
        made.add_field("media", content, filename="a.png")
        return made

    assert (await upload(api, form(b"tiny")))["errcode"] == 44001
    assert (await upload(api, form(b"x" * (2 * 1024 * 1024 + 1)), "voice"))["errcode"] == 45001
    assert (await upload(api, form(b"not a picture"), "image"))["errcode"] == 40009
    assert (await upload(api, form(b"0123456789"), "poem"))["errcode"] == 40004
    media_id = (await upload(api, form(b"0123456789")))["media_id"]
    clock.jump(timedelta(days=3, seconds=1))
    body = message(stand_in, msgtype="file", file={"media_id": media_id})
    assert (await api.post("message/send", body, "app"))["errcode"] == 40007


async def test_a_group_chat_is_made_once_and_written_to(stand_in: StandIn, api: Any) -> None:
    group = {"name": "值班", "userlist": ["lihua", "zhaomin"], "chatid": "duty1"}
    codes = [(await api.post("appchat/create", group, "app"))["errcode"] for _ in range(2)]
    assert codes == [0, 86215]
    say = {"chatid": "duty1", "msgtype": "text", "text": {"content": "早"}}
    assert (await api.post("appchat/send", say, "app"))["errcode"] == 0
    assert (await api.post("appchat/send", say | {"chatid": "wrBot"}, "app"))["errcode"] == 86003
    card = {"chatid": "duty1", "msgtype": "template_card", "template_card": BUTTONS}
    assert (await api.post("appchat/send", card, "app"))["errcode"] == 40008
    assert [line.text for line in stand_in.people.groups["duty1"].said] == ["早"]
    stand_in.world.app.root_visible = False
    assert (await api.post("appchat/create", group | {"chatid": "duty2"}, "app"))["errcode"] == 48002
