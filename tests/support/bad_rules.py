"""Rules that are wrong, each in one way: the suite has to find the property that is beside each name in BROKEN."""

# mypy: disable-error-code="no-untyped-def"
# Researchers write rules without types, and so do these.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracework.protocol.rewards.rule import BURN, Reason, Rule, Transfer, emitted, from_escrow, slashed
from tracework.protocol.rewards.view import View

CALLS: list[int] = []


def paid(view: View) -> list[tuple[int, Any, Any, int]]:
    """(number, unit, claim, due) of all accepted, placed claims."""
    return [
        (number, unit, claim, min(unit.price * claim.steps, unit.escrow // unit.places))
        for number, unit in enumerate(view.units)
        for claim in unit.claims
        if claim.accepted and claim.placed
    ]


class Leaks(Rule):
    """Rounds up: two shares of an odd amount are more than there is."""

    def rewards(self, view):
        for number, unit, claim, _ in paid(view):
            half = -(-unit.escrow // 2)
            yield from_escrow(number, claim.worker, Reason.WORK, half)
            yield from_escrow(number, BURN, Reason.FEE, half)


class GrindIds(Rule):
    """A lucky id earns more."""

    def rewards(self, view):
        for number, _, claim, due in paid(view):
            yield from_escrow(number, claim.worker, Reason.WORK, due if claim.id[0] & 1 else due // 2)


class FirstUnit(Rule):
    """The first unit's requester gets nothing back."""

    def rewards(self, view):
        if view.units:
            yield from_escrow(0, BURN, Reason.FEE, view.units[0].escrow)


class ByHead(Rule):
    """A bonus for whoever has a claim, however small."""

    def ceiling(self, epoch: int) -> int:
        return 10**9

    def rewards(self, view):
        for number, _, claim, due in paid(view):
            yield from_escrow(number, claim.worker, Reason.WORK, due)
            yield emitted(number, claim.worker, Reason.EMISSION_WORK, 10)


class RoundsUp(Rule):
    """A fee that is rounded in the worker's favour."""

    def rewards(self, view):
        for number, _, claim, due in paid(view):
            yield from_escrow(number, claim.worker, Reason.WORK, due - due * 3 // 10)


class Unproven(Rule):
    """Pays claims, whatever is said of them."""

    def rewards(self, view):
        for number, unit in enumerate(view.units):
            for claim in unit.claims:
                if claim.placed:
                    amount = min(unit.price * claim.steps, unit.escrow // unit.places)
                    yield from_escrow(number, claim.worker, Reason.WORK, amount)


class Clock(Rule):
    """Pays more at night."""

    def rewards(self, view):
        for number, _, claim, due in paid(view):
            yield from_escrow(number, claim.worker, Reason.WORK, due // (2 if __import__("time").time() % 2 < 1 else 1))


class Chance(Rule):
    """A lottery."""

    def rewards(self, view):
        from random import random

        for number, _, claim, due in paid(view):
            yield from_escrow(number, claim.worker, Reason.WORK, due if random() < 0.5 else 0)


class Floats(Rule):
    """Ninety per cent."""

    def rewards(self, view):
        for number, _, claim, due in paid(view):
            yield from_escrow(number, claim.worker, Reason.WORK, due * 0.9)  # type: ignore[arg-type]  # the mistake


class HiddenFloats(Rule):
    """A square root that is exact for small amounts only."""

    def rewards(self, view):
        for number, _, claim, due in paid(view):
            root = getattr(due, "__" + "truediv__")(1)
            yield from_escrow(number, claim.worker, Reason.WORK, int(root))


class Endless(Rule):
    """Waits for work."""

    def rewards(self, view):
        while not view.units:
            pass
        return []


class Raises(Rule):
    """The average price of a step."""

    def rewards(self, view):
        for number, unit, claim, due in paid(view):
            yield from_escrow(number, claim.worker, Reason.WORK, due * claim.steps // claim.steps * unit.places)


class Negative(Rule):
    """Fines the worker by paying it less than nothing."""

    def rewards(self, view):
        for number, unit in enumerate(view.units):
            for claim in unit.claims:
                yield from_escrow(number, claim.worker, Reason.WORK, 5 if claim.accepted else -5)


class Remembers(Rule):
    """The first epoch that is settled is worth more."""

    def rewards(self, view):
        CALLS.append(1)
        for number, _, claim, due in paid(view):
            yield from_escrow(number, claim.worker, Reason.WORK, due // len(CALLS))


class Changes(Rule):
    """Sorts the units in place."""

    def rewards(self, view):
        object.__setattr__(view, "units", tuple(sorted(view.units, key=lambda unit: -unit.escrow)))
        return []


class Squares(Rule):
    """Favours the large: shares of the escrow by the square of the steps."""

    def rewards(self, view):
        for number, unit, claim, _ in paid(view):
            yield from_escrow(number, claim.worker, Reason.WORK, min(claim.steps * claim.steps, unit.escrow))


class Farm(Rule):
    """Emits for every step, and burns nothing."""

    def ceiling(self, epoch: int) -> int:
        return 1 << 128

    def rewards(self, view):
        for number, _, claim, _ in paid(view):
            yield emitted(number, claim.worker, Reason.EMISSION_WORK, claim.steps)


class CheapSilence(Rule):
    """Refuted: everything; silent: nothing."""

    def rewards(self, view):
        lost: set[int] = set()
        for unit in view.units:
            for offence in unit.offences:
                if offence.refuted and offence.account not in lost:
                    lost.add(offence.account)
                    yield slashed(offence.account, BURN, Reason.FEE, view.accounts[offence.account].stake)


class Diminishing(Rule):
    """So much for a unit, less for one that took long."""

    def rewards(self, view):
        for number, unit, claim, _ in paid(view):
            yield from_escrow(number, claim.worker, Reason.WORK, max(0, unit.escrow // unit.places - claim.steps))


class SlashesDissent(Rule):
    """Whoever isn't accepted loses a tenth of its stake."""

    def rewards(self, view):
        lost: set[int] = set()
        for unit in view.units:
            for claim in unit.claims:
                if claim.judged and not claim.accepted and claim.worker not in lost:
                    lost.add(claim.worker)
                    yield slashed(claim.worker, BURN, Reason.FEE, view.accounts[claim.worker].stake // 10)


class Generous(Rule):
    """The whole slash to whoever proves it."""

    def rewards(self, view):
        lost: set[int] = set()
        for unit in view.units:
            for offence in unit.offences:
                if offence.account not in lost and offence.provers:
                    lost.add(offence.account)
                    amount = view.accounts[offence.account].stake
                    yield slashed(offence.account, offence.provers[0], Reason.BOUNTY, amount)


class EachProver(Rule):
    """A tenth of the slash to each prover, so that it pays to be many."""

    def rewards(self, view):
        for unit in view.units:
            for offence in unit.offences:
                for prover in offence.provers:
                    amount = view.accounts[offence.account].stake // 10
                    yield slashed(offence.account, prover, Reason.BOUNTY, amount)


class Overflows(Rule):
    """Keeps amounts in eight bytes."""

    def rewards(self, view):
        for number, _, claim, due in paid(view):
            yield from_escrow(number, claim.worker, Reason.WORK, int.from_bytes(due.to_bytes(8)))


class Dividend(Rule):
    """Interest on stakes, worked for or not."""

    def ceiling(self, epoch: int) -> int:
        return 1 << 128

    def rewards(self, view):
        for number, account in enumerate(view.accounts):
            yield emitted(-1, number, Reason.EMISSION_WORK, account.stake // 100)


class AnyReputation(Rule):
    """Trust for showing up."""

    def rewards(self, view):
        return []

    def reputations(self, view):
        return {claim.worker: 1 << 31 for unit in view.units for claim in unit.claims}


class TooTrusting(Rule):
    """A reputation past its range."""

    def rewards(self, view):
        return []

    def reputations(self, view):
        return {claim.worker: 1 << 32 for unit in view.units for claim in unit.claims}


class OverCeiling(Rule):
    """Emits more than it says."""

    def ceiling(self, epoch: int) -> int:
        return 1

    def rewards(self, view):
        for number, _, claim, _ in paid(view):
            yield emitted(number, claim.worker, Reason.EMISSION_WORK, 2)


class NoTransfers(Rule):
    """Returns numbers."""

    def rewards(self, view):
        return [1 for _ in view.units]


def function(view: View) -> list[Transfer]:
    """A rule that is a function, and right."""
    return [from_escrow(number, claim.worker, Reason.WORK, due) for number, _, claim, due in paid(view)]


@dataclass(frozen=True)
class Tuned(Rule):
    """Has parameters."""

    share: int = 5000
    name: str = "x"

    def rewards(self, view):
        for number, _, claim, due in paid(view):
            yield from_escrow(number, claim.worker, Reason.WORK, due * self.share // 10_000)


BROKEN = {
    "Leaks": "conservation",
    "GrindIds": "order",
    "FirstUnit": "order",
    "ByHead": "split",
    "RoundsUp": "split",
    "Unproven": "proof",
    "Clock": "pure",
    "Chance": "pure",
    "Floats": "integers",
    "HiddenFloats": "bounds",
    "Endless": "ends",
    "Raises": "runs",
    "Negative": "negative",
    "Remembers": "determinism",
    "Changes": "input",
    "Squares": "merge",
    "Farm": "requester",
    "CheapSilence": "withholding",
    "Diminishing": "monotone",
    "SlashesDissent": "slash",
    "Generous": "self-report",
    "EachProver": "split",
    "Overflows": "bounds",
    "Dividend": "proof",
    "AnyReputation": "reputation",
    "TooTrusting": "reputation",
    "OverCeiling": "conservation",
    "NoTransfers": "runs",
}
