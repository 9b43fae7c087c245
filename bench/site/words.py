"""What the site knows, what people ask it, and by which words an answer is recognised."""

import re
from pathlib import Path

from handlers import texts
from tests.bot.house import FOOD, RETURNS, SOFA

GUIDES = {"sofa.md": SOFA, "food.md": FOOD, "returns.md": RETURNS}
TOPICS = ("styling", "parenting", "service", "community")
# The guides of the first two topics are posts too.
POSTS = {
    "service": ("发票怎么开", "电子发票在订单页申请，填好抬头，当天发到邮箱；抬头写错可以在三十天内重开。"),
    "community": ("阳台绿植怎么浇水", "先摸土，表面两指节深都干了再浇，一次浇透；冬天把间隔拉长一倍。"),
}
# What is asked, and words that stand once in its answer and in no other. The last three cost little to answer.
ASKED = {
    "沙发和茶几之间留多少": "30 到 45 厘米",
    "宝宝辅食第一口吃什么": "强化铁的婴儿米粉",
    "怎么申请退货": "24 小时内审核",
    "你好": texts.HELLO[:6],
    "谢谢": texts.GLAD[:9],
    "你是谁": texts.WHO[:10],
}
MARK = re.compile("|".join(map(re.escape, ASKED.values())))
ANGRY = "你们这什么破服务，气死我了，我要投诉！"


def write(folder: Path) -> None:
    """The guides and posts, as files below `folder`."""
    for name, text in GUIDES.items():
        (folder / "guides").mkdir(exist_ok=True)
        (folder / "guides" / name).write_text(text, encoding="utf-8")
    for topic, (title, text) in POSTS.items():
        (folder / "posts").mkdir(exist_ok=True)
        (folder / "posts" / f"{topic}.md").write_text(f"---\ntitle: {title}\ntopic: {topic}\n---\n{text}\n", "utf-8")
