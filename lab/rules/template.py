"""What `tracework rule new` writes: a rule that passes the suite, to be changed."""

from __future__ import annotations

from typing import Final

TEMPLATE: Final = '''"""A reward rule: what an epoch's accepted work earns.

tracework rule check {path}:{name}            # the properties that no rule may break
tracework simulate quick --rule {path}:{name} # against the library of adversaries
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracework.protocol.rewards.rule import BURN, TREASURY, Reason, Rule, Transfer, from_escrow, slashed
from tracework.protocol.rewards.view import View


@dataclass(frozen=True)
class {name}(Rule):
    """Every accepted claim earns its steps at the unit's price, less a fee; offenders lose their stake."""

    fee: int = 500
    """Basis points of what a claim is due: burnt."""
    bounty: int = 2500
    """Basis points of a slash: the prover's, who is the first to prove that a claim is false. At most a third."""

    def rewards(self, view: View) -> Iterator[Transfer]:
        """Transfers from a unit's escrow, or from an offender's stake. Integers only; divide with //."""
        for number, unit in enumerate(view.units):
            for claim in unit.claims:
                if claim.accepted and claim.placed:
                    due = min(unit.price * claim.steps, unit.escrow // unit.places)
                    earned = due * (10_000 - self.fee) // 10_000  # the worker's share is floored,
                    burnt = due * self.fee // 10_000
                    yield from_escrow(number, claim.worker, Reason.WORK, earned)
                    yield from_escrow(number, BURN, Reason.FEE, burnt)
                    yield from_escrow(number, TREASURY, Reason.FEE, due - earned - burnt)  # what floors leave
        counts: dict[int, int] = {{}}
        for unit in view.units:
            for offence in unit.offences:
                counts[offence.account] = counts.get(offence.account, 0) + 1
        for unit in view.units:
            for offence in unit.offences:
                lost = view.accounts[offence.account].stake // counts[offence.account]
                bounty = lost * self.bounty // 10_000 if len(offence.provers) == 1 else 0
                for prover in offence.provers[:1]:
                    yield slashed(offence.account, prover, Reason.BOUNTY, bounty)
                yield slashed(offence.account, BURN, Reason.FEE, lost - bounty)
'''


def starting_point(name: str, path: str) -> str:
    """The source of a new rule."""
    return TEMPLATE.format(name=name, path=path)
