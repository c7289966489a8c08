"""Values as vector files and harness messages spell them (spec/vectors.md): between Python's and JSON's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def render(value: Any) -> Any:
    """Spell a value for a vector or a message: integers as decimal strings, bytes as lowercase hex (VEC-010, VEC-011).

    >>> render({"steps": 2**64 - 1, "page": b"\\x00\\xff", "ok": True})
    {'steps': '18446744073709551615', 'page': '00ff', 'ok': True}
    """
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, Mapping):
        return {_member(name): render(item) for name, item in value.items()}
    if isinstance(value, Sequence):
        return [render(item) for item in value]
    raise TypeError(f"a vector has no spelling for {type(value).__name__}")


def _member(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"a member's name is a string, not {name!r}")
    return name


def number(value: Any) -> int:
    """Read a decimal string: ASCII digits, no sign, no leading zero (VEC-010).

    >>> number("18446744073709551615")
    18446744073709551615
    """
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or (value[0] == "0" and value != "0"):
        raise ValueError(f"not a decimal string: {value!r}")
    return int(value)


def octets(value: Any) -> bytes:
    """Read bytes: lowercase hex, or a recipe for long ones (VEC-011, VEC-012).

    >>> octets("00ff"), octets({"repeat": "0102", "times": "3"}), octets({"mod251": "4"})
    (b'\\x00\\xff', b'\\x01\\x02\\x01\\x02\\x01\\x02', b'\\x00\\x01\\x02\\x03')
    """
    if isinstance(value, str):
        if not value.isascii() or value != value.lower() or any(character.isspace() for character in value):
            raise ValueError("hex is lowercase, without spaces")
        return bytes.fromhex(value)
    if isinstance(value, dict):
        if set(value) == {"repeat", "times"}:
            return octets(value["repeat"]) * number(value["times"])
        if set(value) == {"mod251"}:
            length = number(value["mod251"])
            return (bytes(range(251)) * (length // 251 + 1))[:length]
        if set(value) == {"concat"} and isinstance(value["concat"], list):
            return b"".join(octets(part) for part in value["concat"])
    raise ValueError(f"neither hex nor a recipe: {value!r}")
