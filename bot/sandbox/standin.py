"""The stand-in for WeCom: its API and socket as an aiohttp application, its people as methods.

Whatever a person does comes out as an encrypted callback to our bot and returns what the bot answered.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from aiohttp import web

from bot.clock import Clock, SystemClock
from bot.sandbox.accounts import Accounts
from bot.sandbox.aibot import AiBots, BotTurn
from bot.sandbox.api import Api
from bot.sandbox.callbacks import Callbacks, Reaction, Wrong
from bot.sandbox.customers import Customers
from bot.sandbox.faults import Faults
from bot.sandbox.groups import CustomerGroups, Robots
from bot.sandbox.kf import Kf
from bot.sandbox.kf_send import KfSender
from bot.sandbox.mass import Mass, MassTask, Share
from bot.sandbox.media import Media
from bot.sandbox.members import Contacts, Members
from bot.sandbox.people import People
from bot.sandbox.relations import Relations
from bot.sandbox.routes import app_routes, contact_routes, core_routes, kf_routes, statistic_routes
from bot.sandbox.socket import Sockets
from bot.sandbox.statistics import Statistics
from bot.sandbox.talks import Talks
from bot.sandbox.wire import Exchange, Spoken, Wire
from bot.sandbox.world import World

_LARGEST_BODY = 40 * 1024 * 1024


class StandIn:
    """One WeCom with one corp in it."""

    def __init__(self, world: World | None = None, clock: Clock | None = None) -> None:
        self.world = world or World.demo()
        self.clock: Clock = clock or SystemClock()
        self.ledger = Wire()
        self.faults = Faults()
        self.accounts = Accounts(self.world, self.clock)
        self.media = Media(self.clock)
        self.kf = Kf(self.world, self.clock)
        self.kf_sender = KfSender(self.kf, self.media, self.clock)
        self.customers = Customers(self.world, self.clock, self.kf, self.media)
        self.people = People(self.world, self.clock, self.ledger, self.media)
        self.robots = Robots(self.world, self.clock, self.media)
        self.groups = CustomerGroups(self.world, self.clock)
        self.mass = Mass(self.world, self.clock)
        self.aibots = AiBots(self.world, self.clock)
        self.sockets = Sockets(self.world, self.clock, self.ledger, self.aibots, self.faults)
        self.callbacks = Callbacks(self.world, self.clock, self.ledger)
        self.members = Members(self.world, self.clock, self.people, self.callbacks)
        self.statistics = Statistics(self.world, self.clock, self.kf)
        self.contacts = Contacts(self.world, self.mass, self.groups, self.callbacks, self.clock, self.statistics)
        self.talks = Talks(self.world, self.clock, self.aibots, self.sockets, self.callbacks)
        self._runner: web.AppRunner | None = None

    # ---- serving

    def app(self) -> web.Application:
        """The API under /cgi-bin/ and the long connection at /ws. Set `base_url` when you serve it yourself."""
        routes = core_routes(self.accounts, self.media) | kf_routes(self.kf, self.kf_sender)
        routes |= app_routes(self.people, self.robots, self.aibots) | contact_routes(
            self.mass, self.groups, Relations(self.world, self.clock)
        )
        routes |= statistic_routes(self.statistics)
        api = Api(routes, self.accounts, self.faults, self.ledger, self.clock, self.world.limits)
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_route("*", "/cgi-bin/{path:.+}", api.handle)
        app.router.add_get("/ws", self.sockets.handle)
        app.on_shutdown.append(self._close)
        return app

    @property
    def base_url(self) -> str:
        """Where the stand-in is reached, without a closing slash."""
        return self.aibots.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self.aibots.base_url = url

    @property
    def ws_url(self) -> str:
        """Where the long connection is reached."""
        return self.base_url.replace("http", "ws", 1) + "/ws"

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Serve; port 0 takes a free one. The base URL."""
        self._runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.base_url = f"http://{host}:{self._runner.addresses[0][1]}"
        return self.base_url

    async def stop(self) -> None:
        """Let go of whatever hangs, close every connection."""
        self.faults.clear()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self.callbacks.close()

    async def _close(self, _: web.Application) -> None:
        await self.sockets.close()
        await self.callbacks.close()

    # ---- reading

    @property
    def wire(self) -> list[Exchange]:
        """Everything said so far, oldest first, secrets masked."""
        return self.ledger.rows

    async def wait_for(
        self,
        predicate: Callable[[Exchange], bool],
        timeout: float = 5.0,  # noqa: ASYNC109  a test reads better with it here
        *,
        after: int = 0,
    ) -> Exchange:
        """The first exchange, kept or coming, numbered above `after` that fits. TimeoutError in real seconds."""
        return await self.ledger.wait_for(predicate, timeout, after=after)

    async def wait_until(
        self,
        condition: Callable[[], bool],
        timeout: float = 5.0,  # noqa: ASYNC109  a test reads better with it here
    ) -> None:
        """Until the condition holds, asked again after every exchange. TimeoutError in real seconds."""
        await self.ledger.wait_until(condition, timeout)

    def calls(self, what: str) -> list[Exchange]:
        """All exchanges of that kind."""
        return [row for row in self.ledger.rows if row.what == what]

    def kf_chat(self, account: str, customer: str) -> list[Spoken]:
        """What was said between a customer and a kf account; lines of colleagues carry their userid."""
        return list(self.kf.session(account, customer).chat)

    def app_chat(self, userid: str) -> list[Spoken]:
        """What a member and the app said to each other."""
        return list(self.people.chat(userid))

    def bot_chat(self, bot: str, chat: str) -> list[Spoken]:
        """What was said with a bot: `chat` is the userid, or the chatid of a group."""
        return list(self.aibots.chat(bot, chat))

    def group_messages(self, robot: str) -> list[Spoken]:
        """What a webhook put into its group."""
        return list(self.robots.messages.get(robot, []))

    def received(self, who: str) -> list[Spoken]:
        """What a customer (external id) or a customer group (chat id) got by mass task or as a welcome."""
        return list(self.mass.received.get(who, []))

    def mass_tasks(self) -> list[MassTask]:
        """All mass tasks, oldest first."""
        return list(self.mass.tasks.values())

    def expire_tokens(self) -> None:
        """Every access token given so far has expired (42001)."""
        self.accounts.expire_tokens()

    # ---- customers in WeChat customer service

    async def customer_says(
        self, external_userid: str, text: str, account: str = "", *, menu_id: str = "", ring: bool = True
    ) -> Reaction:
        """A customer writes. With `ring=False` the message waits for the next ring of that account."""
        account = account or self.kf.default_account()
        self.customers.writes(external_userid, text, account, menu_id)
        return await self.ring(account) if ring else Reaction()

    async def customer_enters(
        self, external_userid: str, account: str = "", *, scene: str = "", scene_param: str = ""
    ) -> Reaction:
        """A customer opens the chat; the event carries a welcome_code where the rules give one."""
        account = account or self.kf.default_account()
        self.customers.enters(external_userid, account, scene, scene_param)
        return await self.ring(account)

    async def customer_sends_media(
        self,
        external_userid: str,
        content: bytes = b"\x89PNG\r\n\x1a\n",
        account: str = "",
        *,
        kind: str = "image",
        filename: str = "照片.png",
    ) -> Reaction:
        """A customer sends a picture, voice, video or file."""
        account = account or self.kf.default_account()
        self.customers.sends(external_userid, kind, filename, content, account)
        return await self.ring(account)

    async def customer_recalls(self, external_userid: str, msgid: str, account: str = "") -> Reaction:
        """A customer takes a message back."""
        account = account or self.kf.default_account()
        self.customers.recalls(external_userid, msgid, account)
        return await self.ring(account)

    async def message_fails(
        self, external_userid: str, msgid: str, account: str = "", *, fail_type: int = 10
    ) -> Reaction:
        """A message that was accepted does not arrive (msg_send_fail)."""
        account = account or self.kf.default_account()
        self.customers.misses(external_userid, msgid, fail_type, account)
        return await self.ring(account)

    async def servicer_takes(self, servicer: str, external_userid: str, account: str = "") -> Reaction:
        """A colleague takes the session in his client."""
        account = account or self.kf.default_account()
        self.customers.taken(servicer, external_userid, account)
        return await self.ring(account)

    async def servicer_says(self, servicer: str, external_userid: str, text: str, account: str = "") -> Reaction:
        """A colleague types to the customer (origin 5)."""
        account = account or self.kf.default_account()
        self.customers.answered(servicer, external_userid, text, account)
        return await self.ring(account)

    async def servicer_ends(self, servicer: str, external_userid: str, account: str = "") -> Reaction:
        """A colleague ends the session; the event carries a msg_code for 20 seconds."""
        account = account or self.kf.default_account()
        self.customers.ended(servicer, external_userid, account)
        return await self.ring(account)

    async def servicer_on_duty(self, servicer: str, receiving: bool) -> list[Reaction]:
        """A colleague starts or stops receiving; every account is told."""
        return [await self.ring(account) for account in self.customers.duty(servicer, receiving)]

    async def ring(self, account: str = "") -> Reaction:
        """Tell the bot that something waits: the callback kf_msg_or_event with a token for ten minutes."""
        account = account or self.kf.default_account()
        message = {
            "ToUserName": self.world.corp_id,
            "CreateTime": int(self.clock.now().timestamp()),
            "MsgType": "event",
            "Event": "kf_msg_or_event",
            "Token": self.kf.ring_token(account),
            "OpenKfId": account,
        }
        return await self.callbacks.post(self.callbacks.door("kf"), "kf_msg_or_event", message)

    # ---- members and the app

    async def employee_says(self, userid: str, text: str) -> Reaction:
        """A member writes to the app."""
        return await self.members.says(userid, text)

    async def employee_event(self, userid: str, event: str, fields: Mapping[str, Any] | None = None) -> Reaction:
        """A member opens the app (enter_agent), clicks a menu (click with EventKey) …"""
        return await self.members.event(userid, event, fields or {})

    async def employee_clicks(
        self, userid: str, task_id: str, key: str, selected: Mapping[str, Sequence[str]] | None = None
    ) -> Reaction:
        """A member clicks a card of the app. KeyError when he has no card with that task id."""
        return await self.members.clicks(userid, task_id, key, selected or {})

    # ---- AI bots

    async def aibot_says(self, bot: str, userid: str, text: str, chatid: str | None = None) -> BotTurn:
        """Somebody writes to an AI bot, in a group when `chatid` is given.

        In callback mode the turn comes back when its stream is finished, refused or six minutes old; over the long
        connection it comes back at once and grows: `wait_until(lambda: turn.finished)`.
        """
        return await self.talks.says(bot, userid, text, chatid)

    async def aibot_event(
        self, bot: str, userid: str, kind: str, payload: Mapping[str, Any] | None = None, chatid: str | None = None
    ) -> BotTurn | None:
        """enter_chat, template_card_event, feedback_event …; None where WeCom would send nothing."""
        return await self.talks.event(bot, userid, kind, payload or {}, chatid)

    async def aibot_rates(self, bot: str, userid: str, feedback: str, kind: int, chatid: str | None = None) -> None:
        """Somebody presses a thumb under a bubble that has this feedback id: 1 good, 2 bad, 3 withdrawn (101027)."""
        self.aibots.rate(bot, chatid or userid, feedback, kind)
        payload = {"id": feedback, "type": kind, "content": "", "inaccurate_reason_list": []}
        await self.aibot_event(bot, userid, "feedback_event", payload, chatid)

    def drop_socket(self, bot: str) -> None:
        """Cut a bot's long connection without a word. KeyError when it has none."""
        self.sockets.drop(bot)

    # ---- contacts, customer groups, mass tasks

    async def contact_added(
        self, userid: str, external_userid: str, *, state: str = "", welcome: bool = True
    ) -> Reaction:
        """A customer adds a member; the event carries a WelcomeCode for 20 seconds."""
        return await self.contacts.added(userid, external_userid, state, welcome)

    async def contact_left(self, userid: str, external_userid: str, *, by_customer: bool = True) -> Reaction:
        """A customer deletes a member, or the other way round."""
        return await self.contacts.left(userid, external_userid, by_customer=by_customer)

    async def group_changed(
        self, chat_id: str, external_userid: str, *, joined: bool = True, heard: bool = True
    ) -> Reaction:
        """A customer joins or leaves a customer group; with `heard=False` the event is lost on its way."""
        return await self.contacts.group_changed(chat_id, external_userid, joined=joined, heard=heard)

    async def group_dismissed(self, chat_id: str) -> Reaction:
        """The owner dissolves a customer group."""
        return await self.contacts.group_dismissed(chat_id)

    def confirm_mass_task(
        self, sender: str, msgid: str, *, left_out: Collection[str] = (), also: Collection[str] = ()
    ) -> Share:
        """A colleague presses send. KeyError when he has no such task, ValueError when it is over.

        `left_out` he deselects, `also` are groups he picks himself.
        """
        return self.mass.confirm(sender, msgid, left_out, also)

    # ---- callbacks as such

    async def verify_url(self, door: str) -> Reaction:
        """What the admin page does on saving: "app", "kf", "contact" or the name of an AI bot."""
        return await self.callbacks.verify(self.callbacks.door(door))

    async def redeliver(self, exchange: Exchange) -> Reaction:
        """The very same encrypted callback once more."""
        return await self.callbacks.redeliver(exchange)

    async def forge(self, door: str, message: Mapping[str, Any], wrong: Wrong = "signature") -> Reaction:
        """A callback that WeCom never made."""
        return await self.callbacks.forge(self.callbacks.door(door), message, wrong)
