"""Encoding: strict decoding, encoding, and a check of long encodings that gives their measures (spec/encoding.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.encoding import cbor
from ..values import number, octets
from . import Operation


def describe(item: cbor.Item) -> dict[str, Any]:
    """A data item as vectors spell it: an object with one member, which names the type."""
    match item:
        case bool():
            return {"bool": item}
        case int():
            return {"uint": item}
        case bytes():
            return {"bytes": item}
        case str():
            return {"text": item}
        case list():
            return {"array": [describe(element) for element in item]}
        case dict():
            return {"map": [{"key": key, "value": describe(value)} for key, value in item.items()]}


def build(description: Mapping[str, Any]) -> cbor.Item:
    """The data item that a description stands for."""
    ((kind, value),) = description.items()
    match kind:
        case "bool":
            return bool(value)
        case "uint":
            return number(value)
        case "bytes":
            return octets(value)
        case "text":
            return str(value)
        case "array":
            return [build(element) for element in value]
        case "map":
            return {number(pair["key"]): build(pair["value"]) for pair in value}
    raise ValueError(f"no type of item: {kind}")


def decode(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Decode strictly."""
    return {"item": describe(cbor.decode(octets(input["data"])))}


def encode(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Encode."""
    return {"data": cbor.encode(build(input["item"]))}


def check(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Decode strictly, and give how many data items there were and how deep they nested."""
    items, depth = _measure(cbor.decode(octets(input["data"])))
    return {"items": items, "depth": depth}


def _measure(item: cbor.Item) -> tuple[int, int]:
    inner: list[cbor.Item] = []
    if isinstance(item, list):
        inner = item
    elif isinstance(item, dict):
        inner = [*item.keys(), *item.values()]
    measures = [_measure(element) for element in inner]
    return 1 + sum(items for items, _ in measures), 1 + max((depth for _, depth in measures), default=0)


OPERATIONS: dict[str, Operation] = {
    "encoding.decode": decode,
    "encoding.encode": encode,
    "encoding.check": check,
}
