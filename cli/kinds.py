"""The objects that travel, or lie on a disk, by the kind that they name."""

from __future__ import annotations

import functools
import pkgutil
import re
from importlib import import_module

from .. import protocol, verifier
from ..protocol.encoding.schema import Record

_NAMED = re.compile(rb"[\xa0-\xb7]\x00(?:[\x60-\x77]|\x78[\x18-\x7f])(tracework/[a-z]+(?:-[a-z]+)*)\x01", re.DOTALL)
"""How the encoding of an object begins: a map whose key 0 is its kind, and key 1 the version."""


@functools.cache
def by_kind() -> dict[str, type[Record]]:
    """Every type of object with a kind of its own that the protocol and its verdicts have, in whatever room."""
    for package in (protocol, verifier):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    return dict(sorted(_loaded().items()))


def find(kind: str | None) -> type[Record] | None:
    """The type of objects of a kind, None if there is none. What isn't loaded is looked for only if it has to be."""
    return None if kind is None else _loaded().get(kind) or by_kind().get(kind)


def _loaded() -> dict[str, type[Record]]:
    """Those types that are in modules which somebody has imported."""
    found: dict[str, type[Record]] = {}
    waiting = [Record]
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if cls.KIND is not None and cls.__module__.startswith((f"{protocol.__name__}.", f"{verifier.__name__}.")):
            found[cls.KIND] = cls
    return found


def at_start(data: bytes) -> str | None:
    """The kind that an encoding names at its beginning, whatever follows; None if it names none."""
    match = _NAMED.match(data)
    return match[1].decode() if match else None


def words(kind: str) -> str:
    """A kind as people say it: `segment proof`."""
    return kind.rpartition("/")[2].replace("-", " ")
