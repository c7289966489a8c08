"""Which verdict counts when a unit was checked in several ways (spec/verdict.md, "Precedence")."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from ..protocol.work.unit import Policy
from .verdict import Evidence, Outcome, Verdict


class Way(IntEnum):
    """The ways of verification, what takes precedence first (VRD-012)."""

    REEXECUTION = 1
    AUDIT = 2
    ATTESTATION = 3
    QUORUM = 4


def asked(policy: Policy) -> set[Way]:
    """The ways that a policy asks for; re-execution is a way under every policy (UNT-020)."""
    ways = {Way.REEXECUTION}
    if policy.audit is not None:
        ways.add(Way.AUDIT)
    if policy.attestation is not None:
        ways.add(Way.ATTESTATION)
    if policy.redundancy is not None:
        ways.add(Way.QUORUM)
    return ways


def deciding(policy: Policy, verdicts: Iterable[tuple[Way, Verdict]]) -> Verdict | None:
    """The verdict that decides a claim, of verdicts on it by their ways; None if it is not decided (VRD-012, VRD-013).

    A refutation decides under every policy and by whatever way it came. The order of the verdicts changes nothing.
    """
    valid = [(way, verdict.evidence_hash, verdict) for way, verdict in verdicts if verdict.evidence is Evidence.VALID]
    refuting = [entry for entry in valid if entry[2].claim is Outcome.REFUTED]
    accepting = [entry for entry in valid if entry[2].claim is Outcome.ACCEPTED and entry[0] in asked(policy)]
    if refuting:
        return min(refuting, key=lambda entry: entry[1])[2]
    return min(accepting, key=lambda entry: entry[:2])[2] if accepting else None
