"""Temporary media (90253, 90254): three days, one id for all apps of the corp, another world for each webhook."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.sandbox.fields import Call, Rejected, fresh

LIFE = timedelta(days=3)
_MB = 1024 * 1024
LARGEST = {"image": 10 * _MB, "voice": 2 * _MB, "video": 10 * _MB, "file": 20 * _MB}
_FILENAME = re.compile(rb'filename="([^"]*)"')
_FIELD = re.compile(rb'[; ]name="?([^";]*)"?')


@dataclass(frozen=True, slots=True)
class File:
    """One upload; `owner` is the key of a webhook, empty for media of the corp."""

    media_id: str
    kind: str
    filename: str
    content: bytes
    until: datetime
    owner: str = ""


class Media:
    """All files."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._files: dict[str, File] = {}

    def upload(self, call: Call, *, owner: str = "", kinds: Mapping[str, int] = LARGEST) -> dict[str, Any]:
        """Read the form field `media`; 44001 without a raw `filename`, 45001 when it is too large."""
        kind = call.query.get("type", "")
        if kind not in kinds:
            raise Rejected(40004, "invalid media type")
        filename, content = _form_file(call)
        if len(content) <= 5:
            raise Rejected(44001, "empty media data")
        if len(content) > kinds[kind]:
            raise Rejected(45001, "media too large")
        if kind == "image" and not content.startswith((b"\xff\xd8", b"\x89PNG")):
            raise Rejected(40009, "neither JPG nor PNG")
        media_id = self.keep(kind, filename, content, owner=owner)
        created = str(int(self._clock.now().timestamp()))  # a string: so says 90253
        return {"type": kind, "media_id": media_id, "created_at": created}

    def keep(self, kind: str, filename: str, content: bytes, *, owner: str = "") -> str:
        """Store a file, as if somebody had sent it; its media_id."""
        media_id = fresh("MEDIA")
        filename = re.sub(r'[\r\n"]', "", filename)  # it becomes a header on the way out
        self._files[media_id] = File(media_id, kind, filename, content, self._clock.now() + LIFE, owner)
        return media_id

    def check(self, media_id: str, owner: str = "") -> File:
        """The file; 40007 when unknown, older than three days or of another owner."""
        found = self._files.get(media_id)
        if found is None or found.until < self._clock.now() or found.owner != owner:
            raise Rejected(40007, "invalid media_id")
        return found


def _form_file(call: Call) -> tuple[str, bytes]:
    """File name and content of the part called `media`. A name given only as `filename*=` counts as no file."""
    boundary = re.search(r'boundary="?([^";]+)"?', call.content_type)
    if boundary is None:
        raise Rejected(41005, "multipart form expected")
    for piece in call.raw.split(b"--" + boundary[1].encode()):
        head, _, content = piece.partition(b"\r\n\r\n")
        field, filename = _FIELD.search(head), _FILENAME.search(head)
        if field is not None and field[1] == b"media" and filename is not None:
            return filename[1].decode("utf-8", "replace"), content.removesuffix(b"\r\n")
    raise Rejected(44001, "empty media data")
