"""Whether this machine can carry a room, and at which address its phones find it. Asks nothing of the network."""

import contextlib
import ipaddress
import socket

import psutil

ENOUGH_MEMORY = 500_000_000  # bytes; the ear and a room of sixty stay below 400 MB
NOWHERE = "192.0.2.1"  # an address that nobody has


def local_addresses() -> list[str]:
    """This machine's addresses on the local network, the likeliest first."""
    up = {name for name, about in psutil.net_if_stats().items() if about.isup}
    found = [
        one.address
        for name, addresses in psutil.net_if_addrs().items()
        if name in up
        for one in addresses
        if one.family == socket.AF_INET
    ]
    usable = [one for one in found if not _is_own(one)]
    onward = _onward()
    return sorted(dict.fromkeys(usable), key=lambda one: (one != onward, one))


def _is_own(address: str) -> bool:
    """Whether an address is one that only this machine has, or that it gave itself for want of another."""
    told = ipaddress.ip_address(address)
    return told.is_loopback or told.is_link_local


def _onward() -> str:
    """The address from which this machine would send something onward. Nothing is sent."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((NOWHERE, 9))
        return str(probe.getsockname()[0])
    return ""


def short_of_memory() -> str:
    """What to do where there is little memory left; nothing where there's enough."""
    free = psutil.virtual_memory().available
    if free >= ENOUGH_MEMORY:
        return ""
    return f"Only {free // 1_000_000} MB of memory are free. Close other programs, best of all a browser's tabs."
