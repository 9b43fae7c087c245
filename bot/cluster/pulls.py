"""Pulling kf messages in several processes: the calls between them, and whose turn it is."""

from contextlib import AbstractAsyncContextManager

from bot.cluster.session import Session
from bot.kf_pull import KfPuller

CALL = "kf:"


class Pulls:
    """`wake` tells the processes that pull; `alone` is the right to pull one account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def alone(self, account: str) -> AbstractAsyncContextManager[bool]:
        return self._session.alone(f"pull:{account}")

    def wake(self, account: str, token: str = "") -> None:
        self._session.call(f"{CALL}{account}:{token}")

    def share(self, puller: KfPuller) -> None:
        """Let the puller hear the others, and pull everything after a time in which it heard nothing."""

        def heard(call: str) -> None:
            if call.startswith(CALL):
                account, _, token = call.removeprefix(CALL).partition(":")
                puller.wake(account, token, heard=True)

        puller.share(self)
        self._session.listen(heard, puller.wake_all)
