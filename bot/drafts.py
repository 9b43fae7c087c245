"""Guides that operators write from the chat: files in the guides folder, written whole or not at all."""

import asyncio
import errno
import os
from pathlib import Path

import structlog

from handlers.commands.gaps import DRAFT, GUIDE
from handlers.effect_types import DraftGuide, PublishGuide
from handlers.turn import Outcome, Reply
from knowledge.gaps import NoDraft, reviewed

log = structlog.get_logger()

_WHY = {
    errno.ENOSPC: "磁盘满了",
    errno.EDQUOT: "磁盘配额用完了",
    errno.EROFS: "指南文件夹是只读的",
    errno.EACCES: "没有写指南文件夹的权限",
    errno.EPERM: "没有写指南文件夹的权限",
}
_NOTHING = "没有改动任何指南。"


class Drafts:
    """Writes what an outcome asks for, before it is applied: writing the same twice gives the same files."""

    def __init__(self, guides: Path) -> None:
        self._guides = guides

    async def carried_out(self, outcome: Outcome) -> Outcome:
        """The outcome once its files are there; where one could not be written, the reason instead of it all."""
        for effect in outcome.effects:
            if not isinstance(effect, DraftGuide | PublishGuide):
                continue
            try:
                await asyncio.to_thread(self._carry_out, effect)
            except NoDraft as error:
                return _instead(outcome, f"{error}{_NOTHING}")
            except OSError as error:
                log.warning("draft_not_written", error=errno.errorcode.get(error.errno or 0, "unknown"))
                why = _WHY.get(error.errno or 0, "文件写不进去")
                return _instead(outcome, f"{why}，所以没有写成。{_NOTHING}处理好再发一次。")
        return outcome

    def _carry_out(self, effect: DraftGuide | PublishGuide) -> None:
        draft = self._guides / DRAFT.format(effect.number)
        if isinstance(effect, DraftGuide):
            draft.parent.mkdir(exist_ok=True)
            _write(draft, effect.markdown)
        else:
            self._publish(effect, draft, self._guides / GUIDE.format(effect.number))

    def _publish(self, effect: PublishGuide, draft: Path, guide: Path) -> None:
        if not draft.exists():
            if guide.exists():
                return  # by an earlier try that was cut off before it could be written down
            raise NoDraft(f"草稿 {DRAFT.format(effect.number)} 已经不在了，请重新写。")
        try:
            text = reviewed(draft.read_text(encoding="utf-8-sig"), effect.by, effect.on)
        except UnicodeDecodeError as error:
            raise NoDraft("草稿不是 UTF-8 编码，请另存为 UTF-8 再发布。") from error
        if guide.exists() and not effect.again and guide.read_text("utf-8", "replace") != text:
            raise NoDraft(f"指南文件夹里已经有另一份 {guide.name}，请先把它改名。")
        _write(guide, text)
        draft.unlink()


def _write(path: Path, text: str) -> None:
    """Beside its place first, so that nobody reads half a file; hidden, so that nobody takes it for a guide."""
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _instead(outcome: Outcome, text: str) -> Outcome:
    return Outcome(outcome.handler, replies=(Reply(text),))
