"""Who is asking: the address behind a request, and whose word about it is believed.

`X-Forwarded-For` counts only from networks that the settings name. It is read from the right, because everything left
of what our own proxy wrote is the sender's claim.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORWARDED = "X-Forwarded-For"
_SIGNS_OF_A_PROXY = (FORWARDED, "Forwarded", "X-Real-IP", "Via")
_CHAIN = 32  # addresses in one header that are looked at: nobody has more proxies
_LONGEST = 64  # characters of an address with its zone; nothing longer is remembered
_REMEMBERED = 4096  # addresses: WeCom calls from few
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a request comes from. `key` is what limits count by; `many` when others speak through this address too.

    `local` only for a direct connection from this machine: what a proxy passes on comes from somewhere else.
    """

    key: str
    address: Address | None
    many: bool
    local: bool


class Sources:
    """`trusted` are the networks of our own proxies, in CIDR notation. Raises ValueError for what is none."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted = networks(trusted)
        self._direct = lru_cache(_REMEMBERED)(self._of_peer)
        self._claimed = lru_cache(_REMEMBERED)(self._of_claim)

    def of(self, peer: str, headers: Mapping[str, str]) -> Source:
        """The source of a request that came from `peer`, an address as the socket names it."""
        direct = self._direct(peer)
        if not any(sign in headers for sign in _SIGNS_OF_A_PROXY):
            return direct
        if direct.address is None or not within(direct.address, self._trusted):
            return Source(direct.key, direct.address, direct.many, local=False)
        return self._forwarded(direct.address, headers.get(FORWARDED, ""))

    def peer(self, peer: str) -> Source:
        """The source of a bare connection."""
        return self._direct(peer)

    def _of_peer(self, peer: str) -> Source:
        address = parsed(peer)
        if address is None:
            return Source(UNKNOWN, None, many=False, local=False)
        return Source(key(address), address, address.is_loopback or within(address, self._trusted), address.is_loopback)

    def _forwarded(self, proxy: Address, written: str) -> Source:
        """The first address from the right that is no proxy of ours; what stands before a mistake is not believed."""
        client = Source(key(proxy), proxy, many=True, local=False)
        for claim in (each.strip() for each in reversed(written.split(",")[-_CHAIN:])):
            found = self._claimed(claim) if len(claim) <= _LONGEST else None
            if found is None:
                break
            client = found
            if not found.many:
                break
        return client

    def _of_claim(self, claim: str) -> Source | None:
        """`many`: it is a proxy of ours."""
        address = parsed(claim)
        return None if address is None else Source(key(address), address, within(address, self._trusted), local=False)


def networks(written: Iterable[str]) -> tuple[Network, ...]:
    """The networks, in CIDR notation. Raises ValueError for what is none, and for bits outside the mask."""
    return tuple(ip_network(each) for each in written)


def within(address: Address, known: Iterable[Network]) -> bool:
    return any(address in network for network in known)


def parsed(text: str) -> Address | None:
    """An address, IPv4 also where a socket for both writes it as IPv6; None for anything else."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def key(address: Address) -> str:
    """What limits count by: an IPv6 subscriber has a whole /64 to choose addresses from."""
    if isinstance(address, IPv4Address):
        return str(address)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
