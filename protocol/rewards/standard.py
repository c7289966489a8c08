"""The standard rule (spec/rewards.md): transfers and reputations from what happened, by the components."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from . import components
from .parameters import Parameters
from .records import CheckKind
from .rule import BURN, TREASURY, Fund, Move, Reason, Rule
from .view import CheckFact, ClaimFact, UnitFact, View

# Plain integers: members of an IntEnum are slower to make tuples and keys of, and there are millions.
_ESCROW, _EMISSION, _STAKE = map(int, Fund)
_WORK, _AUDIT, _ATTESTATION, _BOUNTY, _, _EMISSION_WORK, _EMISSION_AUDIT, _EMISSION_ATTESTATION, _BENEFICIARY, _FEE = (
    map(int, Reason)
)
_AUDITS, _ATTESTATIONS = map(int, CheckKind)


Pay = tuple[int, int, int]
"""A check's checker, its part, and what it gets."""


class Pool(NamedTuple):
    """What the checks of one kind get of one claim's due (RWD-020 to RWD-022, RWD-025, RWD-026)."""

    size: int
    """What is set apart."""
    pays: list[Pay]
    whole: int
    """What the parts are parts of."""
    returned: int
    """The requester's again: it stays in the escrow."""
    treasury: int
    """What the floors leave."""


def pool(due: int, points: int, kind: int, asked: int, checks: tuple[CheckFact, ...]) -> Pool:
    """Divide a claim's pool for checks of a kind among those that were proven."""
    if not asked:
        return Pool(0, [], 1, 0, 0)
    size = components.share(due, points)
    pays, parts, whole = pay(size, kind, asked, checks)
    returned = components.returned(size, parts, whole)
    treasury = size - returned
    for _, _, amount in pays:
        treasury -= amount
    return Pool(size, pays, whole, returned, treasury)


def pay(amount: int, kind: int, asked: int, checks: tuple[CheckFact, ...]) -> tuple[list[Pay], int, int]:
    """What each proven check of a kind gets of an amount, their parts' sum, and what the parts are parts of."""
    parts = 0
    for sort, _, part in checks:
        if sort == kind:
            parts += part
    whole = components.checks_whole(asked, parts)
    pays = []
    if parts:
        for sort, checker, part in checks:
            if sort == kind:
                pays.append((checker, part, components.check_pay(amount, part, whole)))
    return pays, parts, whole


@dataclass(frozen=True, slots=True)
class StandardRule(Rule):
    """The protocol's rule under given parameters."""

    parameters: Parameters

    def hash(self, network: str) -> bytes:
        """The parameters' hash names the rule (RWD-002)."""
        return self.parameters.hash(network)

    def ceiling(self, epoch: int) -> int:
        """The epoch's line of the table of emission (RWD-006)."""
        return self.parameters.ceiling(epoch)

    def rewards(self, view: View) -> Iterator[Move]:
        """All transfers of an epoch (RWD-007)."""
        ceiling, weights = self.ceiling(view.epoch), self.weights(view)
        for number, unit in enumerate(view.units):
            for claim in unit.claims:
                if claim.placed:
                    due = self.due(unit, claim)
                    yield from self.claim(number, unit, claim, due)
                    if weight := self.weight(unit, claim, due):
                        emitted = components.emission(weight, ceiling, weights)
                        yield from self.emission(number, unit, claim, emitted)
        yield from self._slashes(view)

    def due(self, unit: UnitFact, claim: ClaimFact) -> int:
        """What a placed claim is due (RWD-010)."""
        return components.due(unit.price, claim.steps, unit.escrow, unit.places)

    def pools(self, unit: UnitFact, claim: ClaimFact, due: int) -> tuple[Pool, Pool]:
        """A claim's pools for auditors and for attesters."""
        parameters = self.parameters
        return (
            pool(due, parameters.audit, _AUDITS, unit.audit_whole, claim.checks),
            pool(due, parameters.attestation, _ATTESTATIONS, unit.attestation_whole, claim.checks),
        )

    def divided(self, unit: UnitFact, due: int) -> components.Net:
        """What an accepted claim's due comes to."""
        parameters = self.parameters
        asked = (
            parameters.audit if unit.audit_whole else 0,
            parameters.attestation if unit.attestation_whole else 0,
        )
        shares = [points for _, points in unit.beneficiaries] if unit.beneficiaries else ()
        return components.net(due, parameters.burn, parameters.treasury, asked, shares)

    def claim(self, number: int, unit: UnitFact, claim: ClaimFact, due: int) -> list[Move]:
        """The transfers of one placed claim's due (RWD-010 to RWD-026)."""
        moves: list[Move] = []
        treasury = 0
        for reason, made in zip((_AUDIT, _ATTESTATION), self.pools(unit, claim, due), strict=True):
            treasury += made.treasury
            for checker, _, amount in made.pays:
                moves.append((_ESCROW, number, checker, reason, amount))
        if claim.accepted:
            parts = self.divided(unit, due)
            treasury += parts.treasury
            moves.append((_ESCROW, number, claim.worker, _WORK, parts.worker))
            moves.append((_ESCROW, number, BURN, _FEE, parts.burn))
            for (address, _), amount in zip(unit.beneficiaries, parts.beneficiaries, strict=True):
                moves.append((_ESCROW, number, address, _BENEFICIARY, amount))
        if treasury:
            moves.append((_ESCROW, number, TREASURY, _FEE, treasury))
        return moves

    def weight(self, unit: UnitFact, claim: ClaimFact, due: int) -> int:
        """What a claim counts for in the emission; nothing if it can't earn of it (RWD-032, RWD-035)."""
        if claim.accepted and claim.placed and claim.drawn and unit.eligible:
            return components.weight(due, self.parameters.burn, self.parameters.rebate)
        return 0

    def weights(self, view: View) -> int:
        """What all claims of an epoch count for in its emission (RWD-036)."""
        whole = 0
        for unit in view.units:
            for claim in unit.claims:
                whole += self.weight(unit, claim, self.due(unit, claim))
        return whole

    def emission(self, number: int, unit: UnitFact, claim: ClaimFact, amount: int) -> list[Move]:
        """The parts of one claim's emission: worker, auditors, attesters (RWD-033, RWD-034)."""
        parameters = self.parameters
        earned = components.share(amount, parameters.rebate_work)
        moves: list[Move] = [(_EMISSION, number, claim.worker, _EMISSION_WORK, earned)]
        if claim.checks:
            for reason, points, kind, asked in (
                (_EMISSION_AUDIT, parameters.rebate_audit, _AUDITS, unit.audit_whole),
                (_EMISSION_ATTESTATION, parameters.rebate_attestation, _ATTESTATIONS, unit.attestation_whole),
            ):
                if asked:
                    pays, _, _ = pay(components.share(amount, points), kind, asked, claim.checks)
                    moves += [(_EMISSION, number, checker, reason, earned) for checker, _, earned in pays]
        return moves

    def demands(self, view: View) -> dict[int, int]:
        """What all offences of an account cost together, by account (RWD-051)."""
        demands: dict[int, int] = {}
        for unit in view.units:
            for offence in unit.offences:
                one = self.demand(view, unit, offence.account)
                demands[offence.account] = demands.get(offence.account, 0) + one
        return demands

    def demand(self, view: View, unit: UnitFact, account: int) -> int:
        """What an offence of an account in a unit costs (RWD-050)."""
        parameters = self.parameters
        return components.demand(
            parameters.slash_base, parameters.slash_share, unit.escrow, view.accounts[account].stake
        )

    def _slashes(self, view: View) -> Iterator[Move]:
        """What offences cost, and who gets a part of it (RWD-050 to RWD-054)."""
        demands = self.demands(view)
        for unit in view.units:
            for account, refuted, provers in unit.offences:
                stake = view.accounts[account].stake
                taken = components.taken(self.demand(view, unit, account), stake, demands[account])
                left = taken
                if refuted:
                    bounty = components.share(taken, self.parameters.bounty)
                    stakes = [view.accounts[prover].stake for prover in provers]
                    for prover, amount in zip(provers, components.bounties(bounty, stakes), strict=True):
                        left -= amount
                        yield _STAKE, account, prover, _BOUNTY, amount
                yield _STAKE, account, BURN, _FEE, left

    def reputations(self, view: View) -> Mapping[int, int]:
        """Reputations that move: by judged claims of drawn workers; to nothing by offences (RWD-060 to RWD-062)."""
        accepted: dict[int, int] = {}
        dissented: dict[int, int] = {}
        fallen: set[int] = {account for _, account in view.equivocations}
        for unit in view.units:
            for claim in unit.claims:
                if claim.drawn and claim.judged:
                    moved = accepted if claim.accepted else dissented
                    moved[claim.worker] = moved.get(claim.worker, 0) + 1
            for offence in unit.offences:
                fallen.add(offence.account)
        moved_all = accepted.keys() | dissented.keys()
        changed = {
            account: components.reputation(
                view.accounts[account].reputation,
                self.parameters.reputation_gain,
                accepted.get(account, 0),
                self.parameters.reputation_loss,
                dissented.get(account, 0),
            )
            for account in moved_all
        }
        changed.update(dict.fromkeys(fallen, 0))
        return changed
