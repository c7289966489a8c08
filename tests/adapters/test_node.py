"""The second implementation, in JavaScript, written from spec/ alone: it passes what it has at the stricter level."""

import json

from support import node
from tracework.conformance import report, requirements
from tracework.conformance.runner import Options, Outcome, conform, read_expected_failures

OPERATIONS = """
attestation.aggregate attestation.check attestation.committee attestation.judge attestation.share audit.check
audit.checking audit.draw audit.plan beacon.check bundle.judge bundle.pack claim.check claim.reexecute commit.check
commit.opaque-claim commit.open commit.reveal dispute.play draws.below draws.sample draws.weighted encoding.check
encoding.decode encoding.encode equivocation.check fault.committed fault.leaf fault.result fault.step hashing.digest
hashing.domain-key hashing.network-id hashing.signed-id keys.aggregate keys.derive keys.identity keys.secret-key-file
keys.sign keys.validate keys.verify keys.verify-aggregate keys.verify-batch keys.verify-possession loading.input
loading.program machine.decode machine.run machine.state-hash machine.step memory.join memory.page memory.root
merkle.constant merkle.prove merkle.root merkle.verify payout.prove payout.tree payout.verify receipt.check
receipt.share receipt.slots redundancy.quorum redundancy.replica registry.assign registry.check registry.replicated
rewards.bounty rewards.due rewards.emission rewards.net rewards.parameters rewards.pool rewards.reputation
rewards.slash segment.check settlement.check settlement.epoch settlement.file settlement.refused settlement.settle
settlement.shown silence.answer silence.certify silence.check trace.root trace.shape unit.check unit.context
verdict.read
"""
"""What it must have, so that nothing gets lost. One that is new in the suite is unsupported until it is written."""


def test_it_passes_all_that_it_has() -> None:
    expected = read_expected_failures((node.FOLDER / "expected-failures.txt").read_text())
    found = conform(node.adapter(), Options(jobs=2, expected_failures=expected))
    assert found.ok, report.summary(found, requirements.load())
    lacking = {result.case.op for result in found.results if result.outcome is Outcome.UNSUPPORTED}
    assert lacking & set(OPERATIONS.split()) == set()


def test_it_has_every_operation_that_names_it_as_its_second_source() -> None:
    files = [json.loads(path.read_bytes()) for path in (node.FOLDER.parents[2] / "vectors").glob("1/*/*.json")]
    named = {file["op"] for file in files if "tests/adapters/node" in file["source"]["checked_by"]}
    assert len(named) > 50 and named <= set(OPERATIONS.split())


def test_its_lock_has_hashes_and_no_addresses() -> None:
    lock = json.loads((node.FOLDER / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages and all("integrity" in package and "resolved" not in package for package in packages.values())
