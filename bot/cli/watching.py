"""Watches the guides folder: one call at the start, and one after each change, until Ctrl-C."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from watchfiles import Change
from watchfiles import watch as changes_of

from knowledge.guides import ignored

_QUIET = 500  # milliseconds without a further change after which a save counts as finished
_LONGEST = 1_500  # milliseconds after which changes that do not end are acted on all the same
_LOOK = 500  # milliseconds after which we look whether the folder itself is still the same
_AGAIN = 1_000  # milliseconds after which we look again for a folder that is gone, whatever was heard


def watch(folder: Path, ours: Sequence[Path], rebuild: Callable[[], None]) -> None:
    """Call `rebuild` now and whenever something under `folder` changed; returns at Ctrl-C.

    A change during `rebuild` leads to another call. A folder that is missing, or replaced by another one of its name,
    is waited for. What changes under `ours`, the places that `rebuild` writes to, does not count.
    """
    with suppress(KeyboardInterrupt):
        for _ in _occasions(folder, [place.resolve() for place in ours]):
            rebuild()


def _occasions(folder: Path, ours: Sequence[Path]) -> Iterator[None]:
    polling = False
    while True:
        if not folder.is_dir():
            yield  # it says what is missing
        try:
            _await(folder, polling)
            yield from _changes(folder, ours, polling)
        except OSError:  # the system's limit of watches is used up
            if polling and folder.is_dir():
                raise
            polling = True


def _await(folder: Path, polling: bool) -> None:
    """Returns when the folder is there. The nearest one above it that exists tells of changes."""
    while not folder.is_dir():
        nearest = next(above for above in folder.absolute().parents if above.is_dir())
        heard = changes_of(
            nearest,
            watch_filter=None,
            rust_timeout=_AGAIN,  # no event tells that the target of a link is back, or that something was mounted
            yield_on_timeout=True,
            force_polling=polling or None,
            recursive=False,
            ignore_permission_denied=True,
        )
        next(heard)


def _changes(folder: Path, ours: Sequence[Path], polling: bool) -> Iterator[None]:
    """Ends when the folder is no longer the one that is watched. The watching begins before the first yield."""
    real = folder.resolve()
    watched = _identity(folder)

    def counts(_: Change, path: str) -> bool:
        place = Path(path)
        inside = place.relative_to(real).parts if place.is_relative_to(real) else place.parts[-1:]
        return not any(map(ignored, inside)) and not any(place.is_relative_to(one) for one in ours)

    first = True
    for changes in changes_of(
        real,
        watch_filter=counts,
        step=_QUIET,
        debounce=_LONGEST,
        rust_timeout=_LOOK,
        yield_on_timeout=True,
        force_polling=polling or None,
        ignore_permission_denied=True,
    ):
        if first or changes:
            yield
        first = False
        if _identity(folder) != watched:
            return


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
