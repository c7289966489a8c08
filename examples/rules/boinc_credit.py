"""BOINC-like credit: every accepted claim is granted credit for its steps, whoever asked for it, whatever it was for.

In BOINC credit is no money. Where it is made into money (emission for credit), `tracework rule check boinc_credit` says
what follows:

- requester: an endless loop that one asks of oneself is granted credit like any other work; nothing is burnt for it;
- order: a reputation that a bad result sets to zero and a good one raises depends on which of them came last.

And as measured there: whoever forges loses nothing but the chance of not being found out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tracework.protocol.rewards.rule import Reason, Rule, Transfer, emitted
from tracework.protocol.rewards.view import View


@dataclass(frozen=True)
class BoincCredit(Rule):
    """So many base units for a thousand steps, in proportion if an epoch's emission doesn't suffice."""

    rate: int = 1000
    """Base units for a thousand steps."""
    most: int = 10**15
    """The most that an epoch emits."""
    gain: int = 1 << 26
    """What an accepted claim adds to a reputation, in 2^32nds; a claim that isn't takes all of it, as in BOINC."""

    def ceiling(self, epoch: int) -> int:
        return self.most

    def rewards(self, view: View) -> Iterator[Transfer]:
        credits = [
            (number, claim.worker, claim.steps * self.rate // 1000)
            for number, unit in enumerate(view.units)
            for claim in unit.claims
            if claim.accepted
        ]
        whole = sum(credit for _, _, credit in credits)
        for number, worker, credit in credits:
            amount = credit if whole <= self.most else credit * self.most // whole
            yield emitted(number, worker, Reason.EMISSION_WORK, amount)

    def reputations(self, view: View) -> Mapping[int, int]:
        changed: dict[int, int] = {}
        for unit in view.units:
            for claim in unit.claims:
                if claim.drawn and claim.judged:
                    before = changed.get(claim.worker, view.accounts[claim.worker].reputation)
                    changed[claim.worker] = min(before + self.gain, (1 << 32) - 1) if claim.accepted else 0
        return changed
