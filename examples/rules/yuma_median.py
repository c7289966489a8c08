"""Yuma-like: validators score workers, and a fixed emission is shared by the stake-weighted median of the scores.

Here a validator's score of a claim is the part of its check. A claim's consensus is the largest score that validators
with at least half of the scoring stake give it; higher scores are clipped to it. Workers share the emission by
consensus, validators by stake times how much of what they scored was consensus.

`tracework rule check yuma_median` says:

- proof: scores are opinions: a claim that nobody verified is paid if validators with half of the stake score it;
- requester: the emission is fixed, so whoever is alone in an epoch takes all of it for any work it asks of itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracework.protocol.rewards.rule import Reason, Rule, Transfer, emitted
from tracework.protocol.rewards.view import View


def median(scores: Sequence[tuple[int, int]]) -> int:
    """The largest score that stake of at least half of the whole gives, or exceeds; scores are (score, stake)."""
    whole = sum(stake for _, stake in scores)
    held = 0
    for score, stake in sorted(scores, reverse=True):
        held += stake
        if 2 * held >= whole:
            return score
    return 0


@dataclass(frozen=True)
class YumaMedian(Rule):
    """A fixed emission an epoch, half to workers, half to validators."""

    emission: int = 1_000_000
    """Base units an epoch."""

    def ceiling(self, epoch: int) -> int:
        return self.emission

    def rewards(self, view: View) -> Iterator[Transfer]:
        workers: list[tuple[int, int, int]] = []
        validators: list[tuple[int, int, int]] = []
        for number, unit in enumerate(view.units):
            for claim in unit.claims:
                scores = [(check.part, view.accounts[check.checker].stake) for check in claim.checks]
                consensus = median(scores)
                if consensus:
                    workers.append((number, claim.worker, consensus))
                for check in claim.checks:
                    agreed = min(check.part, consensus)
                    validators.append((number, check.checker, view.accounts[check.checker].stake * agreed))
        yield from self._shared(workers, Reason.EMISSION_WORK)
        yield from self._shared(validators, Reason.EMISSION_AUDIT)

    def _shared(self, weights: Sequence[tuple[int, int, int]], reason: Reason) -> Iterator[Transfer]:
        """Half of the emission by weight: (unit, account, weight)."""
        whole = sum(weight for _, _, weight in weights)
        for number, account, weight in weights:
            if whole:
                yield emitted(number, account, reason, self.emission // 2 * weight // whole)
