"""What somebody wrote, without its clothes: one width, one case, no marks, no emoji."""

import re
import unicodedata
from datetime import timedelta

LONGEST_QUESTION = 2000  # characters of a question that are looked at
# What was asked in the evening still stands in the morning; what is older is another matter.
RECENT = timedelta(hours=12)

# Only the characters that occur in the wishes we look for; answering questions has its own, complete table.
_SIMPLIFIED = str.maketrans(
    "訂發轉個給復閱請對擾煩顧問務讓聯繫機說話嗎麼謝關開啟閉廣營銷資訊騷繼續換線覆處這們點幫馬還總別內絕終員專屬現類沒",
    "订发转个给复阅请对扰烦顾问务让联系机说话吗么谢关开启闭广营销资讯骚继续换线复处这们点帮马还总别内绝终员专属现类没",
)
# WeChat writes an emoji as [微笑], older ones as /::)
_FACE = re.compile(r"\[[^\[\]\s]{1,6}\]|/:[^\s\u4e00-\u9fff]{1,8}")
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")  # 1️⃣ is a digit with a frame around it: an emoji, not a word
_MENTION = re.compile(r"@\S+")
_MORE = re.compile("(?:我?想?看?|请)?展开(?:看看|看一下|一下|讲讲|说说|全文|看全文|看|吧)?")
_BREAK = re.compile(r"[,。.!?;~\s]+")
_MARK = re.compile(r"[\W_]+")


def has_words(text: str) -> bool:
    """Whether there is anything to read beside emoji, punctuation and names that were called."""
    return any(char.isalpha() or char.isdecimal() for char in _undressed(text))


def clauses(text: str) -> list[str]:
    """The clauses of `text`, bare: NFKC, lower case, simplified, letters and digits only.

    Quotation marks and the enumeration comma do not end a clause: what is quoted or listed is not a wish by itself.
    """
    plain = unicodedata.normalize("NFKC", _undressed(text)).casefold().translate(_SIMPLIFIED)
    return [bare for piece in _BREAK.split(plain) if (bare := _MARK.sub("", piece))]


def asks_for_more(text: str) -> bool:
    """Whether the text is 展开 and nothing else: a wish for the whole of a post, whatever was said before."""
    return bool(_MORE.fullmatch("".join(clauses(text))))


def _undressed(text: str) -> str:
    return _KEYCAP.sub(" ", _FACE.sub(" ", _MENTION.sub(" ", text)))
