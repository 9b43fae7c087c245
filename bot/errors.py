"""What happens next, by class.

    SendError                 something we asked of WeCom did not come true
    ├─ TryLater               try the same again after `after`
    │  └─ MaybeDone           it may have happened (the answer was lost): repeat only what is safe to repeat
    ├─ WaitForMember          only the member's next message opens the way again
    ├─ StateMoved             the platform's session moved: read the state again, do not repeat
    ├─ NeedsOperator          nothing works until a person does `what_to_do`
    └─ Refused                this request will never work: do not repeat
       └─ AlreadyDone         the platform has this id already: count it as sent

A lost token is renewed inside the client, so RefreshToken never leaves it.
"""

from datetime import timedelta

from handlers.handoff import Move


class SendError(Exception):
    """Something asked of WeCom did not come true. `errcode` is WeCom's own, 0 where there was none."""

    def __init__(self, message: str, *, errcode: int = 0) -> None:
        super().__init__(message)
        self.errcode = errcode


class TryLater(SendError):
    """Not now; the same again after a while."""

    def __init__(self, message: str, *, after: timedelta = timedelta(seconds=2), errcode: int = 0) -> None:
        super().__init__(message, errcode=errcode)
        self.after = after


class MaybeDone(TryLater):
    """The request left and no answer came back: it may have been carried out."""


class WaitForMember(SendError):
    """The platform wants to hear from the member before it takes more. `move` is where the conversation stands now."""

    def __init__(self, message: str, *, errcode: int = 0, move: Move | None = None) -> None:
        super().__init__(message, errcode=errcode)
        self.move = move


class RefreshToken(SendError):
    """The access token is no longer good: fetch one, repeat once. Stays inside the client."""


class StateMoved(SendError):
    """The session is not in the state we thought; `move` is where the conversation stands, if that was found out."""

    def __init__(self, message: str, *, errcode: int = 0, move: Move | None = None) -> None:
        super().__init__(message, errcode=errcode)
        self.move = move


class NeedsOperator(SendError):
    """A person has to change something first."""

    def __init__(self, message: str, *, what_to_do: str, errcode: int = 0) -> None:
        super().__init__(message, errcode=errcode)
        self.what_to_do = what_to_do


class Refused(SendError):
    """This request will never work as it is. `what_to_do` is for operators, in Chinese, where there is something."""

    def __init__(self, message: str, *, errcode: int = 0, what_to_do: str = "") -> None:
        super().__init__(message, errcode=errcode)
        self.what_to_do = what_to_do


class AlreadyDone(Refused):
    """The platform knows this id: it was sent before."""
