"""What would keep a process that works from answering now."""

from bot.errors import SendError
from bot.librarian import Librarian
from bot.settings import WeCom
from bot.wecom.client import WeComClient


class Readiness:
    """Looks at the index and asks WeCom for a token, which the client mostly has already."""

    def __init__(self, wecom: WeCom, client: WeComClient, librarian: Librarian) -> None:
        self._secrets = [each.secret for each in (wecom.app, wecom.kf, wecom.contact) if each is not None]
        self._client = client
        self._librarian = librarian

    async def problems(self) -> list[str]:
        """In words for an operator, each with what to do; empty where nothing is wrong."""
        problems = []
        if self._librarian.library is None:
            why = f"（建索引时：{self._librarian.not_built}）" if self._librarian.not_built else ""
            problems.append(f"还没有可用的索引{why}，请检查 [knowledge] guides，再运行 fencun index")
        for secret in self._secrets:
            try:
                await self._client.token(secret.get_secret_value())
            except SendError as error:
                problems.append(getattr(error, "what_to_do", "") or "企业微信现在连不上，消息会保留，恢复后自动补发")
                break
        return problems
