"""Makes a counterexample small: fewer records, then smaller numbers, as long as it still shows the fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from .cases import Case

MOST: Final = 400
"""Most attempts for one counterexample."""
_NUMBERS: Final = ("escrow", "price", "steps", "part", "places", "share", "audit_whole", "attestation_whole")
_LEAST: Final = {"part": 1, "places": 1, "share": 1}


def shrink(case: Case, shows: Callable[[Case], bool]) -> Case:
    """The smallest case found for which `shows` still holds."""
    left = MOST
    while True:
        for smaller in _smaller(case):
            left -= 1
            if left < 0:
                return case
            if shows(smaller):
                case = smaller
                break
        else:
            return case


def _smaller(case: Case) -> Iterator[Case]:
    items = case.items
    for entry in items:
        if entry.kind == "unit":  # with all that hangs on it
            own = {e.values["id"] for e in items if e.kind == "claim" and e.values["unit"] == entry.values["id"]}
            yield replace(
                case,
                items=tuple(
                    e
                    for e in items
                    if e is not entry
                    and e.values.get("unit") != entry.values["id"]
                    and e.values.get("claim") not in own
                ),
            )
    for at in range(len(items) - 1, -1, -1):
        yield replace(case, items=items[:at] + items[at + 1 :])
    if case.more:
        yield replace(case, more=())
    for name in case.stakes:
        yield replace(case, stakes={other: stake for other, stake in case.stakes.items() if other != name})
    for name in case.reputations:
        yield replace(case, reputations={other: value for other, value in case.reputations.items() if other != name})
    for at, entry in enumerate(items):
        for key in _NUMBERS:
            value = entry.values.get(key)
            if not isinstance(value, int):
                continue
            for lower in (_LEAST.get(key, 0), 1, 2, 10, 100, value // 2, value - 1):
                if _LEAST.get(key, 0) <= lower < value:
                    yield replace(case, items=(*items[:at], entry.with_(**{key: lower}), *items[at + 1 :]))
