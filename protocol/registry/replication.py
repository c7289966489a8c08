"""Adaptive replication: whether a unit is replicated is drawn after its first worker's commit (spec/redundancy.md)."""

from __future__ import annotations

from .. import hashing
from ..draws import Stream
from ..errors import PolicyError
from ..work.receipt import drawing_round
from ..work.unit import WHOLE, AdaptivePolicy, Unit
from .snapshot import REPUTATION_ONE

REPLICATION_DELAY = 1
"""Slots from the commit deadline to the one whose last beacon round draws (RED-041)."""


def adaptive_policy(unit: Unit) -> AdaptivePolicy:
    """A unit's adaptive policy. Raises PolicyError if it has none (RED-040)."""
    redundancy = unit.body.policy.redundancy
    if redundancy is None or redundancy.adaptive is None:
        raise PolicyError(
            "way-not-asked",
            "the unit is always replicated, or never",
            requirement="RED-040",
            where="policy.redundancy.adaptive",
        )
    return redundancy.adaptive


def replication_round(unit: Unit) -> int:
    """The beacon round that draws whether a unit is replicated (RED-041)."""
    adaptive_policy(unit)
    assert unit.body.deadlines is not None  # UNT-025
    return drawing_round(unit.body.deadlines.commit, REPLICATION_DELAY)


def chance(floor: int, reputation: int) -> int:
    """The chance of being replicated, in 2^32nds (RED-042): one for a fresh key, never under the floor.

    >>> chance(500, 0) == 1 << 32, chance(500, (1 << 32) - 1)
    (True, 214748365)
    """
    return max(-(-floor * REPUTATION_ONE // WHOLE), REPUTATION_ONE - reputation)


def is_replicated(unit: Unit, primary: bytes, reputation: int, beacon: bytes) -> bool:
    """Whether a beacon's output has a unit replicated whose first worker is `primary` (RED-043)."""
    adaptive = adaptive_policy(unit)
    material = hashing.network_id(unit.body.network) + unit.id + primary + beacon
    drawn = Stream(hashing.digest(hashing.REPLICATION, material)).below(REPUTATION_ONE)
    return drawn < chance(adaptive.floor, reputation)
