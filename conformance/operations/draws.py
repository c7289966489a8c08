"""Draws: streams of integers, samples, draws by weight (spec/draws.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.draws import Stream, sample, weighted
from ..values import number, octets
from . import Operation


def below(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Numbers below each of some limits, drawn one after the other from one stream."""
    stream = Stream(octets(input["seed"]))
    drawn = [stream.below(number(limit)) for limit in input["limits"]]
    return {"drawn": drawn, "blocks": stream.blocks, "first_block": Stream(octets(input["seed"])).block()}


def samples(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """A sample without replacement."""
    stream = Stream(octets(input["seed"]))
    return {"drawn": sample(stream, number(input["count"]), number(input["size"])), "blocks": stream.blocks}


def weights(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """A draw by weight without replacement."""
    stream = Stream(octets(input["seed"]))
    chosen = weighted(stream, number(input["count"]), [number(weight) for weight in input["weights"]])
    return {"drawn": chosen, "blocks": stream.blocks}


OPERATIONS: dict[str, Operation] = {
    "draws.below": below,
    "draws.sample": samples,
    "draws.weighted": weights,
}
