"""Every call the stand-in knows."""

from typing import Any

from bot.sandbox.accounts import Accounts
from bot.sandbox.aibot import AiBots
from bot.sandbox.api import File, Route
from bot.sandbox.fields import Call, Rejected
from bot.sandbox.groups import CustomerGroups, Robots
from bot.sandbox.kf import Kf
from bot.sandbox.kf_send import KfSender
from bot.sandbox.mass import Mass
from bot.sandbox.media import Media
from bot.sandbox.people import People
from bot.sandbox.relations import Relations
from bot.sandbox.statistics import Statistics

_WHOLE = 20 * 1024 * 1024  # above this media/get wants a Range


def core_routes(accounts: Accounts, media: Media) -> dict[str, Route]:
    """Tokens, media, addresses."""

    def get_media(call: Call) -> dict[str, Any] | File:
        found = media.check(call.query.get("media_id", ""))
        if len(found.content) > _WHOLE:
            raise Rejected(830002, "too large without Range")
        return File(found.filename, found.content)

    def addresses(_: Call) -> dict[str, Any]:
        return {"ip_list": ["127.0.0.1", "182.254.11.*"]}

    return {
        "gettoken": Route("GET", "none", lambda call: accounts.gettoken(call.query)),
        "media/upload": Route("POST", "any", media.upload),
        "media/get": Route("GET", "any", get_media),
        "get_api_domain_ip": Route("GET", "any", addresses),
        "getcallbackip": Route("GET", "any", addresses),
    }


def kf_routes(kf: Kf, sender: KfSender) -> dict[str, Route]:
    """WeChat customer service."""
    return {
        "kf/sync_msg": Route("POST", "kf", kf.sync_msg),
        "kf/send_msg": Route("POST", "kf", sender.send_msg),
        "kf/send_msg_on_event": Route("POST", "kf", sender.send_msg_on_event),
        "kf/service_state/get": Route("POST", "kf", kf.state_get),
        "kf/service_state/trans": Route("POST", "kf", kf.state_trans),
        "kf/servicer/list": Route("GET", "kf", kf.servicer_list),
        "kf/account/list": Route("POST", "kf", kf.account_list),
        "kf/add_contact_way": Route("POST", "kf", kf.add_contact_way),
        "kf/customer/batchget": Route("POST", "kf", kf.batchget),
    }


def app_routes(people: People, robots: Robots, aibots: AiBots) -> dict[str, Route]:
    """The self-built app, the webhooks, the bots' response_url."""
    return {
        "message/send": Route("POST", "app", people.send),
        "message/update_template_card": Route("POST", "app", people.update_card),
        "message/recall": Route("POST", "app", people.recall),
        "appchat/create": Route("POST", "app", people.create_group),
        "appchat/send": Route("POST", "app", people.send_to_group),
        "user/get": Route("GET", "app", people.user_get),
        "agent/get": Route("GET", "app", people.agent_get),
        "webhook/send": Route("POST", "none", robots.send),
        "webhook/upload_media": Route("POST", "none", robots.upload),
        "aibot/response": Route("POST", "none", aibots.respond),
    }


def contact_routes(mass: Mass, groups: CustomerGroups, relations: Relations) -> dict[str, Route]:
    """Customer contact."""
    calls: dict[str, Route] = {
        "add_msg_template": Route("POST", "contact", mass.add),
        "get_groupmsg_list_v2": Route("POST", "contact", mass.listed),
        "get_groupmsg_task": Route("POST", "contact", mass.task_list),
        "get_groupmsg_send_result": Route("POST", "contact", mass.send_result),
        "cancel_groupmsg_send": Route("POST", "contact", mass.cancel),
        "remind_groupmsg_send": Route("POST", "contact", mass.remind),
        "send_welcome_msg": Route("POST", "contact", mass.send_welcome),
        "list": Route("GET", "contact", mass.contacts),
        "get": Route("GET", "contact", mass.contact),
        "get_follow_user_list": Route("GET", "contact", relations.follow_users),
        "batch/get_by_user": Route("POST", "contact", relations.by_user),
        "groupchat/list": Route("POST", "contact", groups.listed),
        "groupchat/get": Route("POST", "contact", groups.get),
    }
    return {f"externalcontact/{name}": route for name, route in calls.items()}


def statistic_routes(statistics: Statistics) -> dict[str, Route]:
    """What WeCom counts by day."""
    return {
        "externalcontact/groupchat/statistic_group_by_day": Route("POST", "contact", statistics.groups_by_day),
        "externalcontact/get_user_behavior_data": Route("POST", "contact", statistics.behavior),
        "kf/get_corp_statistic": Route("POST", "kf", statistics.kf_by_day),
    }
