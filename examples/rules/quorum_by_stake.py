"""Winner takes the quorum: whoever has the most stake among those whose claims on a unit were accepted takes it all.

Networks do so to "let stake decide". `tracework rule check quorum_by_stake` says what is wrong with it:

- order: between two workers with equal stakes the key decides, so keys are ground until they sort first.

And as measured there: one operator with several places of a unit earns no more than with one, but everybody with less
stake works for nothing, and stops.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracework.protocol.rewards.rule import Reason, Rule, Transfer, from_escrow
from tracework.protocol.rewards.view import View


@dataclass(frozen=True)
class QuorumByStake(Rule):
    """All that a unit's accepted claims are due goes to the one of them with the most stake."""

    def rewards(self, view: View) -> Iterator[Transfer]:
        for number, unit in enumerate(view.units):
            accepted = [claim for claim in unit.claims if claim.accepted and claim.placed]
            if accepted:
                winner = max(accepted, key=lambda claim: (view.accounts[claim.worker].stake, -claim.worker))
                due = sum(min(unit.price * claim.steps, unit.escrow // unit.places) for claim in accepted)
                yield from_escrow(number, winner.worker, Reason.WORK, due)
