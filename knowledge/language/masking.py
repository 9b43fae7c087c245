"""Taking out of a text what could tell who wrote it, before it is kept for others to read."""

import re
import unicodedata

__all__ = ["LONGEST", "masked", "unmarked"]

LONGEST = 200  # characters of a question that are kept

_CLAUSE = r"[^，。！？,!?;；\n〔〕]"
_PLACES = "(?:省|自治区|市|区|县|镇|乡|村|路|街|大道|巷|弄|胡同|号楼|号院|号|栋|幢|单元|室|小区|花园|家园|公寓|苑)"
# Where a building has a number an address ends: 阳光花园3栋2单元501室, 建设路88号, 5号楼1201.
_BUILDING = r"\d{1,4}\s*(?:号楼|号院|栋|幢|单元)(?:\s*\d{1,4}\s*(?:号楼|栋|单元|层|楼|室|号)?)*"
_STREET = r"(?:路|街|大道|巷|弄|胡同)\s*\d+\s*[号弄]"
# A name ends where the sentence goes on; where that cannot be seen, three characters are taken.
_ON = "想|请|要|家|的|是|在|买|问|今|现"
_NAME = rf"(?:[\u4e00-\u9fff·]{{2,4}}?(?=$|[^\u4e00-\u9fff·]|{_ON})|[\u4e00-\u9fff·]{{1,3}}|[A-Za-z]{{2,20}})"
# What stands before the secret and is kept is the group `lead`.
_MASKS = tuple(
    (re.compile(pattern, re.IGNORECASE), mark)
    for pattern, mark in (
        (r"(?:https?://|www\.)\S+", "〔链接〕"),
        (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "〔邮箱〕"),
        (rf"(?P<lead>地址|住址|家住|住在|寄到|寄往|送到){_CLAUSE}{{0,40}}{_PLACES}(?:\s*\d+\s*室?)?", "〔地址〕"),
        (
            rf"[\u4e00-\u9fff]{{2,8}}?(?:省|自治区|(?<![超门])市)[\u4e00-\u9fff]{{1,8}}?(?:区|县|镇)"
            rf"(?:{_CLAUSE}{{0,24}}\d+\s*[号室])?",
            "〔地址〕",
        ),
        (rf"[\u4e00-\u9fff]{{1,6}}{_STREET}(?:\s*{_BUILDING})?(?:\s*\d{{1,4}}\s*室)?", "〔地址〕"),
        (rf"(?:[\u4e00-\u9fff]{{2,6}}(?:小区|花园|家园|公寓|公馆|新村|苑))?\s*{_BUILDING}", "〔地址〕"),
        (r"(?P<lead>微信号?|vx|wx|qq|v信|加我)[\s:：是为号]*[a-z0-9][a-z0-9_-]{4,}", "〔账号〕"),
        # Ids are letters with digits, or begin as WeCom's own do.
        (r"(?<![a-z0-9])(?=[a-z_-]*\d)(?=[\d_-]*[a-z])[a-z0-9_-]{8,}|(?<![a-z0-9])w[mokr][a-z0-9_-]{6,}", "〔编号〕"),
        # Telephone, card, order and identity numbers, dates of birth. 5000-8000 is a budget and stays.
        (r"(?:\+?86[\s-]?)?(?<!\d)1[3-9]\d(?:[\s\-.]?\d{4}){2}(?!\d)", "〔号码〕"),
        (r"(?<!\d)0\d{2,3}[\s\-.]?\d{3,4}[\s\-.]?\d{4}(?!\d)", "〔号码〕"),
        (r"\d{6,}x?|(?=(?:\d[\s\-.]?){8})\d{2,4}(?:[\s\-.]\d{2,4}){2,}", "〔号码〕"),
        (r"[零〇一二三四五六七八九幺两]{7,}", "〔号码〕"),
        (rf"(?P<lead>我叫)(?![了不过他她它你您人醒]){_NAME}", "〔姓名〕"),
        (
            "(?P<lead>名字[是叫]|(?:宝宝|孩子|女儿|儿子|老公|老婆|妈妈|爸爸|姐姐|哥哥|弟弟|妹妹)叫)"
            rf"(?![了不他她它你我]){_NAME}",
            "〔姓名〕",
        ),
        (rf"(?P<lead>姓名|联系人|收件人|收货人)[是为:：\s]*{_NAME}", "〔姓名〕"),
        (r"(?P<lead>我姓)[\u4e00-\u9fff]", "〔姓名〕"),
    )
)
_MARK = re.compile("〔(?:链接|邮箱|地址|账号|编号|号码|姓名)〕")


def masked(text: str) -> str:
    """`text` on one line, at most `LONGEST` characters, with marks for numbers, ids, accounts, names and addresses.

    Rather a harmless word too many than a telephone number too few: a mark costs the reader little.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text.replace("〔", "[").replace("〕", "]")).split())
    for pattern, mark in _MASKS:
        plain = pattern.sub(f"\\g<lead>{mark}" if "lead" in pattern.groupindex else mark, plain)
    return plain[:LONGEST]


def unmarked(text: str) -> str:
    """A masked text without its marks, for asking it again."""
    return _MARK.sub(" ", text).strip()
