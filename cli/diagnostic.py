"""CBOR diagnostic notation (RFC 8949, section 8), in full: what it shows can be turned back into the same bytes."""

from __future__ import annotations

import json

from ..protocol.encoding.cbor import Item

WIDTH = 100
"""An array or map that is wider than this is written over several lines."""


def diagnostic(item: Item, indent: str = "") -> str:
    """The notation of an item; wide arrays and maps go over several lines."""
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int):
        return str(item)
    if isinstance(item, bytes):
        return f"h'{item.hex()}'"
    if isinstance(item, str):
        return json.dumps(item)
    deeper = indent + "  "
    if isinstance(item, dict):
        opening, closing = "{", "}"
        parts = [f"{key}: {diagnostic(value, deeper)}" for key, value in item.items()]
    else:
        opening, closing = "[", "]"
        parts = [diagnostic(value, deeper) for value in item]
    flat = opening + ", ".join(parts) + closing
    if len(indent) + len(flat) <= WIDTH and "\n" not in flat:
        return flat
    return f"{opening}\n" + ",\n".join(deeper + part for part in parts) + f"\n{indent}{closing}"
