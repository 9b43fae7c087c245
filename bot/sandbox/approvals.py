"""What has been approved before the story begins: the sample guides, by an operator of the sandbox."""

from bot.program import Program
from bot.store import contents
from scheduler.posts import Post


async def approve(program: Program, by: str, *, promotion: bool = False) -> None:
    """`by` approves every lawful post of use on the shelf as it stands, with `promotion` also the others."""
    shelf = program.planner.shelf
    await shelf.look()
    lawful = [post for post in shelf.posts if not post.codes and (promotion or post.kind == "value")]
    async with program.base.transactions.begin() as transaction:
        for post in lawful:
            await contents.judge(transaction.connection, _approved(post, by), transaction.now)


def _approved(post: Post, by: str) -> dict[str, str]:
    values = {"key": post.name, "digest": post.digest, "kind": post.kind, "title": post.title}
    return {**values, "state": contents.APPROVED, "lexicon": "sandbox", "by": by, "why": ""}
