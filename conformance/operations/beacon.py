"""Beacons (spec/beacon.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.beacon import Beacon, check_beacon
from ...protocol.encoding.schema import decode_object
from ..values import octets
from . import Operation


def check(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a beacon; its randomness."""
    beacon = decode_object(Beacon, octets(input["beacon"]))
    return {"round": beacon.round, "output": check_beacon(beacon), "supplied": beacon.supplied}


OPERATIONS: dict[str, Operation] = {"beacon.check": check}
