"""What people put into folders: guides of every format, and settings."""

import random
import tempfile
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import docx

from bot.settings import WrongSettings, load
from knowledge.guides import read_folder
from knowledge.readers import apart, delimited, fields, markdown
from knowledge.readers.draft import Unusable
from tests.fuzz.mutations import mutated
from tests.fuzz.running import Target
from tests.knowledge.documents import pdf, workbook

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(tempfile.mkdtemp(prefix="fencun-fuzz-"))
SECRET = "FuzzSecretInSettings0123"

GUIDES = (
    *(path.read_bytes()[:4000] for path in sorted((ROOT / "guides").rglob("*.md"))[:4]),
    (
        "---\ntitle: 退换货\ntopic: service\nkeywords: [退货, 换货]\nvalid_until: 2027-01-01\nweekly: true\n---\n"
        "7 天内可退。\n\n## 怎么退\n\n1. 申请\n2. 寄回\n"
    ).encode(),
)
ROWS = (
    "问题,答案,标题,关键词\n怎么退货,7 天内可退,退换货,退货\n".encode(),
    b'question\tanswer\nhow\t"a, b"\n',
    "问题,答案\n".encode("gb18030") + "多久发货,两天\n".encode("gb18030"),
)


def _place(name: str, data: bytes) -> Path:
    path = FOLDER / name
    path.write_bytes(data)
    return path


def guide(data: bytes) -> None:
    metadata, body = markdown.read(_place("a.md", data))
    fields.guide("a.md", metadata, body)


def rows(data: bytes) -> None:
    delimited.read(_place("a.csv", data))


PROCESS = apart.Apart(patience=5)


def document(suffix: str) -> object:
    def take(data: bytes) -> None:
        apart.reading(PROCESS.read(_place(f"a{suffix}", data)))

    return take


def folder(data: bytes) -> None:
    """A whole folder with one wild guide in it: it is read or rejected, never an error."""
    shelf = FOLDER / "shelf"
    shelf.mkdir(exist_ok=True)
    (shelf / "a.md").write_bytes(data)
    read_folder(shelf)


def _documents() -> dict[str, tuple[bytes, ...]]:
    letter = docx.Document()
    letter.add_heading("退换货", 1)
    letter.add_paragraph("7 天内可退。")
    letter.add_table(2, 2).cell(0, 0).text = "a"
    stream = BytesIO()
    letter.save(stream)
    page = pdf(FOLDER / "seed.pdf", [[("退换货规则", 20), ("7 天内可退", 11)], []], title="退换货")
    sheet = workbook(FOLDER / "seed.xlsx", 问答=[["问题", "答案"], ["怎么退货", "7 天内可退"], ["多久", 3]])
    return {".docx": (stream.getvalue(),), ".pdf": (page.read_bytes(),), ".xlsx": (sheet.read_bytes(),)}


def archived(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Mostly a sound zip with broken members, because a broken zip is refused before anything is read."""
    seed = rng.choice(seeds)
    if rng.random() < 0.2:
        return mutated(rng, (seed,))
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(seed)) as old, zipfile.ZipFile(written, "w") as new:
        names = old.namelist()
        broken = {rng.choice(names), rng.choice([name for name in names if name.endswith(".xml")])}
        for name in names:
            new.writestr(name, mutated(rng, (old.read(name),)) if name in broken else old.read(name))
    return written.getvalue()


EXAMPLE = (ROOT / "fencun.example.toml").read_bytes().replace(b"replace-with-the-app-secret", SECRET.encode())
_SMALL = (
    'timezone = "Asia/Shanghai"\n[server]\nport = 8080\ntrusted_proxies = ["10.0.0.0/8"]\n'
    f'[wecom]\ncorp_id = "ww1"\n[wecom.app]\nagent_id = 1\nsecret = "{SECRET}"\n'
    f'token = "QDG6eK"\nencoding_aes_key = "{"a" * 43}"\n'
    f'[model]\napi_key = "{SECRET}"\n[store]\nurl = "postgresql://u:{SECRET}@h:5432/db"\n'
    '[[schedules]]\nname = "a"\nevery = "周四 10:00"\nto = ["app:lihua"]\n'
).encode()
ENVIRON = (
    b"FENCUN_SERVER__PORT=8080",
    b"FENCUN_WECOM__AIBOTS__0__NAME=a",
    f"FENCUN_MODEL__API_KEY={SECRET}".encode(),
    f"FENCUN_STORE__URL=postgresql://u:{SECRET}@h/db".encode(),
    b'FENCUN_SCHEDULES=[{"name": "a", "every": "thu 10:00", "to": ["robot:b"]}]',
    b"FENCUN_PEOPLE__LEADS=a,b",
    b"FENCUN_MODEL__API_KEY_FILE=/nowhere/else",
    b'FENCUN_SERVER__TRUSTED_PROXIES=["10.0.0.0/8"]',
)


def _loaded(config: Path, variables: dict[str, str]) -> None:
    """Load them. An unknown key is named, so a secret may stand in a message where it was written as a key."""
    try:
        load(config, variables)
    except WrongSettings as wrong:
        raise Unusable("\n".join(problem.message for problem in wrong.problems)) from None


def settings(data: bytes) -> None:
    _loaded(_place("fencun.toml", data), {})


def environ(data: bytes) -> None:
    """Variables as a system hands them over: no NUL, and wild bytes as lone surrogates."""
    name, _, value = data.decode("utf-8", "surrogateescape").replace("\x00", "").partition("=")
    _loaded(_place("empty.toml", b""), {name: value, "FENCUN_MODEL__NAME": "m"})


def targets() -> tuple[Target, ...]:
    documents = _documents()
    return (
        Target("guide .md", GUIDES, mutated, guide, (Unusable,), (), 2.5),
        Target("guides folder", GUIDES, mutated, folder, (), (), 0.2, 10),
        Target("guide .csv", ROWS, mutated, rows, (Unusable,), (), 1.5),
        Target("guide .docx", documents[".docx"], archived, document(".docx"), (Unusable,), (), 0.15, 10),
        Target("guide .xlsx", documents[".xlsx"], archived, document(".xlsx"), (Unusable,), (), 0.15, 10),
        Target("guide .pdf", documents[".pdf"], mutated, document(".pdf"), (Unusable,), (), 0.05, 10),
        Target("settings file", (_SMALL, _SMALL, EXAMPLE), mutated, settings, (Unusable,), (SECRET,), 0.75, 5),
        Target("settings variables", ENVIRON, mutated, environ, (Unusable,), (SECRET,), 0.75, 5),
    )
