"""The file with the keys that seal what people wrote: one Fernet key per line, the first seals, all open.

`plain` as the first line: nothing is sealed any more, what is sealed can still be read. `#` begins a comment.
"""

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

PLAIN = "plain"
_LARGEST = 64 * 1024  # bytes; a key takes 45


class KeysUnusable(Exception):
    """The message says what is wrong with the file and what to do, and nothing of its content. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Keys:
    """`first` is the name of the key that seals, empty for none; `by_name` all that open. `changed` is the file's time
    of change in nanoseconds since 1970."""

    first: str
    by_name: Mapping[str, bytes]
    changed: int


def name_of(key: bytes) -> str:
    """What a key is called in the store, in messages and in the log: a hash, which helps nobody to open anything."""
    return hashlib.sha256(b"fencun key:" + key).hexdigest()[:10]


def read(path: Path) -> Keys:
    """The keys in the file. Raises KeysUnusable with what to do, and with nothing of the content."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise _unusable(
            path, f"读不了（{why}）", "请检查路径和权限；还没有密钥的话，用 fencun seal --new-key 生成"
        ) from error
    if found.st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise _unusable(path, "别的账号也能读写它", f"请运行 chmod 600 {path}")
    lines = [line for raw in content.split(b"\n") if (line := raw.partition(b"#")[0].strip())]
    first_plain = lines[:1] == [PLAIN.encode()]
    keys = {name_of(line): line for line in lines[first_plain:]}
    if len(content) > _LARGEST or not keys or not all(_good(key) for key in keys.values()):
        raise _unusable(
            path, "里面的密钥不完整", "每行一把 Fernet 密钥（44 个字符），第一行用来加密；用 fencun seal --new-key 生成"
        )
    return Keys("" if first_plain else next(iter(keys)), keys, found.st_mtime_ns)


def add(path: Path) -> str:
    """Put a new key first into the file, which is made where there is none; its name. The old keys stay.

    The file is replaced as a whole, so that nobody reads half of it. Raises KeysUnusable.
    """
    old = [line for line in _lines(path) if line.strip() != PLAIN] if path.exists() and read(path) else []
    key = Fernet.generate_key()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join([key.decode(), *old]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        _same_owner(path, part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _unusable(path, f"写不了（{error.strerror}），里面的密钥没有动", "请检查目录权限和磁盘空间") from error
    return name_of(key)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _same_owner(path: Path, part: Path) -> None:
    """Root adds a key to a file that the bot's account reads."""
    if path.exists():
        was = path.stat()
        os.chmod(part, stat.S_IMODE(was.st_mode))
        if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(part, was.st_uid, was.st_gid)


def _good(key: bytes) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def _unusable(path: Path, what: str, what_to_do: str) -> KeysUnusable:
    return KeysUnusable(f"密钥文件 {path} {what}。没有写入任何内容。{what_to_do}（[privacy] key_file）。")
