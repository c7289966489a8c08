"""Which of several verdicts decides: refutation first, then the ways in their order, whatever the order of arrival."""

from __future__ import annotations

import itertools

from tracework.protocol.work.unit import AttestationPolicy, AuditPolicy, Policy, RedundancyPolicy
from tracework.verifier.precedence import Way, asked, deciding
from tracework.verifier.verdict import Evidence, Outcome, Verdict

ALL = Policy(
    audit=AuditPolicy(samples=1, delay=1),
    redundancy=RedundancyPolicy(replicas=3, quorum=2),
    attestation=AttestationPolicy(committee=bytes(32), threshold=1),
)


def verdict(claim: Outcome, number: int, evidence: Evidence = Evidence.VALID) -> Verdict:
    return Verdict(evidence=evidence, claim=claim, evidence_hash=bytes([number]) * 32, statement=None, checks=())


def test_a_refutation_decides_under_every_policy() -> None:
    refuted = verdict(Outcome.REFUTED, 9)
    entries = [(way, verdict(Outcome.ACCEPTED, way)) for way in Way]
    for policy in (ALL, Policy()):
        for order in itertools.permutations([*entries, (Way.QUORUM, refuted)]):
            assert deciding(policy, order) is refuted


def test_the_ways_in_their_order() -> None:
    entries = [(way, verdict(Outcome.ACCEPTED, 9 - way)) for way in Way]
    for first in range(len(entries)):
        for order in itertools.permutations(entries[first:]):
            assert deciding(ALL, order) is entries[first][1]


def test_a_way_that_the_policy_does_not_ask_for_decides_nothing() -> None:
    assert asked(Policy()) == {Way.REEXECUTION}
    assert deciding(Policy(), [(Way.QUORUM, verdict(Outcome.ACCEPTED, 1))]) is None


def test_invalid_incomplete_and_inconclusive_evidence_decides_nothing() -> None:
    assert deciding(ALL, []) is None
    assert deciding(ALL, [(Way.AUDIT, verdict(Outcome.INCONCLUSIVE, 1))]) is None
    for state in (Evidence.INVALID, Evidence.INCOMPLETE):
        assert deciding(ALL, [(Way.REEXECUTION, verdict(Outcome.REFUTED, 1, state))]) is None


def test_of_several_by_one_way_the_least_hash_is_named() -> None:
    one, other = verdict(Outcome.REFUTED, 1), verdict(Outcome.REFUTED, 2)
    for order in itertools.permutations([(Way.AUDIT, other), (Way.AUDIT, one)]):
        assert deciding(ALL, order) is one
