"""Who has whom as a customer (92571, 92994)."""

from datetime import timedelta
from typing import Any

from bot.clock import Clock
from bot.sandbox.fields import Call, Rejected, number, text, texts
from bot.sandbox.world import Customer, World

_SINCE = timedelta(days=10)  # so long everybody has known each other when the story begins


class Relations:
    """Reading only; people become contacts in `bot.sandbox.members`."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._added = int((clock.now() - _SINCE).timestamp())

    def follow_users(self, _: Call) -> dict[str, Any]:
        """Every colleague who may have customers."""
        return {"follow_user": [one.userid for one in self._world.employees]}

    def by_user(self, call: Call) -> dict[str, Any]:
        """Page through the pairs of at most 100 colleagues; 84061 when they have no customer."""
        userids = texts(call.body, "userid_list", high=100, required=True)
        limit = number(call.body, "limit", 50, 1, 100)
        pairs = [(user, one) for user in userids for one in self._world.customers if user in one.followers]
        if not pairs:
            raise Rejected(84061, "no contact relation")
        cursor = text(call.body, "cursor", empty=None)
        start = int(cursor) if cursor.isdigit() else 0
        following = str(start + limit) if start + limit < len(pairs) else ""
        rows = [_row(user, one, self._added) for user, one in pairs[start : start + limit]]
        return {"external_contact_list": rows, "next_cursor": following}


def _row(userid: str, customer: Customer, added: int) -> dict[str, Any]:
    about = {"userid": userid, "remark": "", "createtime": added, "tag_id": customer.tags.get(userid, []), "add_way": 1}
    card = {"external_userid": customer.external_userid, "name": customer.nickname, "type": 1, "gender": 0}
    return {"external_contact": card, "follow_info": about}
