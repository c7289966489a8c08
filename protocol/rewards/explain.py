"""Why an account gets what it gets under the standard rule: every amount with its clause and its formula's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from . import components
from .epoch import Epoch
from .records import ACCOUNT_FIELDS, WHOLE, RecordType, label
from .rule import Fund, Reason
from .standard import Pool, StandardRule, pool
from .view import Aside, ClaimFact, SetAside, UnitFact, View, build_view


class Line(NamedTuple):
    """One thing that an account gets (+) or loses (-), or that was set aside (no amount)."""

    amount: int | None
    what: str
    """`work`, `refund`, `slash`, `reputation`, …"""
    unit: bytes | None
    clause: str
    why: str
    """One sentence with the numbers."""


_CLAUSES = {
    Reason.WORK: "RWD-013",
    Reason.AUDIT: "RWD-022",
    Reason.ATTESTATION: "RWD-022",
    Reason.EMISSION_WORK: "RWD-033",
    Reason.EMISSION_AUDIT: "RWD-033",
    Reason.EMISSION_ATTESTATION: "RWD-033",
    Reason.BOUNTY: "RWD-053",
}


def explain(epoch: Epoch, rule: StandardRule, account: int, refused: Iterable[SetAside] = ()) -> list[Line]:
    """Everything that concerns an account, in the order of units. The amounts add up to what `settle` says."""
    epoch = epoch.canonical()
    view, asides = build_view(epoch, refused)
    return [*_Teller(view, rule, account).lines(), *_aside_lines(epoch, asides, account)]


def words(reason: int) -> str:
    """A reason in words: `emission for audits`."""
    names = {
        Reason.EMISSION_WORK: "emission for work",
        Reason.EMISSION_AUDIT: "emission for audits",
        Reason.EMISSION_ATTESTATION: "emission for attestation",
    }
    return names.get(Reason(reason), Reason(reason).name.lower())


class _Teller:
    """Goes through a view and says what concerns one account."""

    def __init__(self, view: View, rule: StandardRule, account: int) -> None:
        self.view, self.rule, self.account = view, rule, account
        self.parameters = rule.parameters
        self.weights = rule.weights(view)
        self.ceiling = rule.ceiling(view.epoch)
        self.demands = rule.demands(view)

    def lines(self) -> Iterator[Line]:
        """All lines but those about records set aside."""
        spent = [0] * len(self.view.units)
        mine = [unit.requester == self.account for unit in self.view.units]
        for fund, of, _, _, amount in self.rule.rewards(self.view):
            if fund == Fund.ESCROW and mine[of]:
                spent[of] += amount
        for number, unit in enumerate(self.view.units):
            if mine[number]:
                why = f"escrow {unit.escrow:,} less {spent[number]:,} that was paid out of it"
                yield Line(unit.escrow - spent[number], words(Reason.REFUND), unit.id, "STL-047", why)
            for claim in unit.claims:
                yield from self._claim(unit, claim)
            yield from self._slashes(unit)
        yield from self._reputation()

    def _claim(self, unit: UnitFact, claim: ClaimFact) -> Iterator[Line]:
        own = claim.worker == self.account
        if own and not claim.accepted:
            state = (
                "was not accepted" if claim.judged else "was not judged accepted by any way, or its worker was silent"
            )
            yield Line(None, "unpaid", unit.id, "RWD-015", f"the claim {claim.id.hex()[:16]}… {state}")
        if not claim.placed:
            if own:
                yield Line(None, "unpaid", unit.id, "STL-033", f"the unit's {unit.places} places are held by others")
            return
        if not own and not any(check.checker == self.account for check in claim.checks):
            return
        due = self.rule.due(unit, claim)
        audit, attestation = self.rule.pools(unit, claim, due)
        told = f"due {due:,} = min({unit.price:,} · {claim.steps:,} steps, {unit.escrow:,} / {unit.places})"
        if own and claim.accepted:
            yield self._work(unit, due, told)
        for name, made, reason in (("audit", audit, Reason.AUDIT), ("attestation", attestation, Reason.ATTESTATION)):
            yield from self._checks(unit, made, reason, f"{told}; pool {made.size:,} for {name}s")
        if weight := self.rule.weight(unit, claim, due):
            yield from self._emission(unit, claim, due, weight)

    def _work(self, unit: UnitFact, due: int, told: str) -> Line:
        parameters, parts = self.parameters, self.rule.divided(unit, due)
        fees = [("burn", parameters.burn), ("treasury", parameters.treasury)]
        fees += [("audits", parameters.audit)] if unit.audit_whole else []
        fees += [("attestations", parameters.attestation)] if unit.attestation_whole else []
        left = WHOLE - sum(points for _, points in fees)
        off = ", ".join(f"{name} {points:,}" for name, points in fees)
        why = f"{told}; net {parts.net:,} = {due:,} · {left:,} / {WHOLE:,} ({off} come off)"
        if unit.beneficiaries:
            own = WHOLE - sum(points for _, points in unit.beneficiaries)
            why += f"; {own:,} / {WHOLE:,} of it, what beneficiaries leave"
        return Line(parts.worker, words(Reason.WORK), unit.id, _CLAUSES[Reason.WORK], why)

    def _checks(self, unit: UnitFact, made: Pool, reason: Reason, told: str) -> Iterator[Line]:
        for checker, part, amount in made.pays:
            if checker == self.account:
                why = f"{told}; {part:,} of {made.whole:,} parts"
                yield Line(amount, words(reason), unit.id, _CLAUSES[reason], why)

    def _emission(self, unit: UnitFact, claim: ClaimFact, due: int, weight: int) -> Iterator[Line]:
        parameters = self.parameters
        amount = components.emission(weight, self.ceiling, self.weights)
        shares = f"{parameters.burn:,} / {WHOLE:,} · {parameters.rebate:,} / {WHOLE:,}"
        told = f"rebate {weight // WHOLE**2:,} = {due:,} · {shares}"
        if self.weights > self.ceiling * WHOLE**2:
            told += (
                f", scaled to {amount:,} by the ceiling {self.ceiling:,} over all rebates {self.weights // WHOLE**2:,}"
            )
        if claim.worker == self.account:
            why = f"{told}; {parameters.rebate_work} points of it"
            earned = components.share(amount, parameters.rebate_work)
            yield Line(earned, words(Reason.EMISSION_WORK), unit.id, _CLAUSES[Reason.EMISSION_WORK], why)
        for kind, points, asked, reason in (
            (1, parameters.rebate_audit, unit.audit_whole, Reason.EMISSION_AUDIT),
            (2, parameters.rebate_attestation, unit.attestation_whole, Reason.EMISSION_ATTESTATION),
        ):
            made = pool(amount, points, kind, asked, claim.checks)
            yield from self._checks(unit, made, reason, f"{told}; pool {made.size:,}, {points} points of it")

    def _slashes(self, unit: UnitFact) -> Iterator[Line]:
        for offence in unit.offences:
            if self.account != offence.account and self.account not in offence.provers:
                continue
            stake, demands = self.view.accounts[offence.account].stake, self.demands[offence.account]
            demand = self.rule.demand(self.view, unit, offence.account)
            taken = components.taken(demand, stake, demands)
            if self.account == offence.account:
                shown = "a refuted claim" if offence.refuted else "a certified silence"
                base = f"{self.parameters.slash_base:,} + {self.parameters.slash_share} points of {unit.escrow:,}"
                why = f"{shown} costs {base}, at most the stake {stake:,}"
                if taken != demand:
                    why += f"; all demands {demands:,} exceed it, so {taken:,} is taken for this one"
                yield Line(-taken, "slash", unit.id, "RWD-050" if taken == demand else "RWD-051", why)
            for prover, amount in self._bounties(offence.provers, taken):
                if prover == self.account:
                    many = len(offence.provers)
                    share = "alone in the earliest slot" if many == 1 else f"one of {many} who tie, by stake"
                    why = f"{self.parameters.bounty} points of the slash {taken:,}; {share}"
                    yield Line(amount, words(Reason.BOUNTY), unit.id, _CLAUSES[Reason.BOUNTY], why)

    def _bounties(self, provers: tuple[int, ...], taken: int) -> Iterator[tuple[int, int]]:
        stakes = [self.view.accounts[prover].stake for prover in provers]
        amounts = components.bounties(components.share(taken, self.parameters.bounty), stakes) if stakes else []
        return zip(provers, amounts, strict=True)

    def _reputation(self) -> Iterator[Line]:
        before = self.view.accounts[self.account].reputation
        after = self.rule.reputations(self.view).get(self.account, before)
        if after != before:
            clause = "RWD-060" if after else "RWD-062"
            yield Line(None, "reputation", None, clause, f"from {before:,} to {after:,} in 2^32nds")


def _aside_lines(epoch: Epoch, asides: Iterable[SetAside], account: int) -> Iterator[Line]:
    for kind, place, reason in asides:
        field = ACCOUNT_FIELDS.get(RecordType(kind))
        if field is not None and epoch.records(RecordType(kind))[place][field] == account:
            name = Aside(reason).name.lower().replace("_", "-")
            yield Line(None, "set aside", None, clause_of(kind, reason), f"{label(RecordType(kind))}[{place}]: {name}")


def clause_of(kind: int, reason: int) -> str:
    """The clause by which a record of a type is set aside for a reason (STL-020)."""
    if (kind, reason) == (RecordType.CHECK, Aside.EQUIVOCATED):
        return "STL-034"
    return _ASIDE_CLAUSES[Aside(reason)]


_ASIDE_CLAUSES = {
    Aside.UNIT_CONTRADICTION: "STL-021",
    Aside.UNIT_NOT_DUE: "STL-022",
    Aside.WITHOUT_UNIT: "STL-025",
    Aside.BENEFICIARY_CONTRADICTION: "STL-023",
    Aside.SHARES_EXCEED: "STL-024",
    Aside.CLAIM_CONTRADICTION: "STL-026",
    Aside.SECOND_CLAIM: "STL-028",
    Aside.NOT_ASSIGNED: "STL-027",
    Aside.WITHOUT_CLAIM: "STL-029",
    Aside.WAY_NOT_ASKED: "STL-030",
    Aside.VERDICT_CONTRADICTION: "STL-030",
    Aside.CHECK_CONTRADICTION: "STL-034",
    Aside.NOT_PROVEN: "STL-034",
    Aside.OWN_CHECK: "STL-034",
    Aside.LATE: "STL-032",
    Aside.EQUIVOCATED: "STL-028",
    Aside.EVIDENCE_MISSING: "STL-060",
    Aside.EVIDENCE_INVALID: "STL-060",
}
