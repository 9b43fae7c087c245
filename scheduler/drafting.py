"""A draft of a post from a guide, by template: the guide's own points behind a question that people ask themselves."""

from knowledge.types import Guide
from scheduler import capsule

LONGEST = 40  # characters of a title


def draft(guide: Guide) -> tuple[str, str]:
    """(title, message) in Markdown, nothing in it but what the guide says; for a colleague to correct and approve."""
    title = f"这周聊聊：{guide.title}"[:LONGEST]
    text = capsule.write(guide.title, guide.body)
    _, _, rest = text.partition("\n\n")
    return title, f"**{title}**\n\n{rest}"
