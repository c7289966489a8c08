"""Workers, committees and what they sign: the material of the vectors about verification by many."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...protocol import keys
from ...protocol.committee.snapshot import Committee, Member
from ...protocol.encoding.schema import encode_object
from ...protocol.keys import SecretKey
from ...protocol.machine.state import MachineState, Status, state_hash
from ...protocol.trees.memory import join_regions
from ...protocol.trees.trace import TraceTree
from ...protocol.work.claim import Claim, pack_registers, sign_claim
from ...protocol.work.commit import Commit, sign_commit
from ...protocol.work.opaque import OpaqueClaim, sign_opaque_claim
from ...protocol.work.receipt import Receipt, ReceiptBody, Subject, combine_receipt, sign_receipt
from ...protocol.work.reveal import AnyReveal, sign_opaque_reveal, sign_reveal
from ...protocol.work.unit import (
    AttestationPolicy,
    Deadlines,
    Opaque,
    Policy,
    ReceiptPolicy,
    RedundancyPolicy,
    Unit,
)
from . import _runs, seeded
from ._runs import NETWORK, Run

WEIGHTS = (3, 1, 1, 2, 1, 1, 1)
"""Weights of the committee's members, in the order of their names: ten together."""
THRESHOLD = 6
"""What receipts and attestations here need."""
DEADLINES = Deadlines(commit=100, reveal=200, challenge=300)
IN_TIME = (90, 150)
"""Slots in which commits and reveals are receipted, if nothing else is said."""


@functools.cache
def secret(name: str) -> SecretKey:
    """A key by name."""
    return _runs.worker(name)


@functools.cache
def public(name: str) -> bytes:
    """The public half of a key by name."""
    return keys.public_key(secret(name))


@functools.cache
def committee(epoch: int = 4, network: str = NETWORK, size: int = 7) -> Committee:
    """The committee of these vectors."""
    members = [
        Member(
            key=public(f"member-{index}"),
            possession=keys.prove_possession(secret(f"member-{index}")),
            weight=WEIGHTS[index % len(WEIGHTS)],
        )
        for index in range(size)
    ]
    return Committee(network=network, epoch=epoch, members=tuple(sorted(members, key=lambda member: member.key)))


def member_key(position: int, size: int = 7) -> SecretKey:
    """The secret key of the member at a position."""
    by_key = {public(f"member-{index}"): secret(f"member-{index}") for index in range(size)}
    return by_key[committee(size=size).members[position].key]


def names(count: int) -> list[str]:
    """Names of workers, in the order of their keys."""
    return sorted((f"replica-{index}" for index in range(count)), key=public)


def policy(count: int, quorum: int, **more: object) -> Policy:
    """Replicas by named workers, receipts by the committee."""
    values: dict[str, Any] = {
        "redundancy": RedundancyPolicy(replicas=count, quorum=quorum),
        "workers": tuple(public(name) for name in names(count)),
        "receipts": ReceiptPolicy(committee=committee().hash, threshold=THRESHOLD),
        "attestation": AttestationPolicy(committee=committee().hash, threshold=THRESHOLD),
    }
    return Policy(**(values | more))


@functools.cache
def honest_run(label: str = "many", count: int = 3, quorum: int = 2) -> Run:
    """A unit about summing ten bytes for some replicas, and an honest run of it."""
    return run_of(_runs.make_unit(label, policy=policy(count, quorum), deadlines=DEADLINES))


@functools.cache
def run_of(unit: Unit) -> Run:
    """The honest run of a unit about summing ten bytes."""
    base = _runs.run(_runs.summing(), b"0123456789", "many-base")
    body = base.claim.body.replace(unit=unit.id)
    claim = sign_claim(unit, body, base.claim.openings, secret("worker"))
    return Run(
        words=base.words,
        given=base.given,
        unit=unit,
        claim=claim,
        tree=base.tree,
        leaves=base.leaves,
        segments=base.segments,
    )


@functools.cache
def opaque_unit(label: str = "many-opaque", count: int = 3, quorum: int = 2) -> Unit:
    """An opaque unit for some replicas."""
    job = Opaque(job=seeded(label, "job", 32))
    return _runs.make_unit(label, context=None, opaque=job, policy=policy(count, quorum), deadlines=DEADLINES)


def claim_by(run: Run, name: str) -> Claim:
    """The honest claim, by a worker."""
    body = run.claim.body.replace(worker=public(name))
    return sign_claim(run.unit, body, run.claim.openings, secret(name))


def invented(run: Run, name: str, label: str = "lazy") -> tuple[Claim, tuple[bytes, ...]]:
    """A claim that a worker made up without executing anything, with its leaves: all that is checked alone holds."""
    context, steps = run.unit.body.machine, run.claim.body.steps
    registers = [0] * 32
    registers[11] = 8
    low, output = (seeded(f"many-{label}", part, 32) for part in ("low", "output"))
    final = MachineState(context.entry, registers, steps, Status.HALTED, 0)
    last = state_hash(context.hash, final, join_regions(low, context.input_root, output))
    inner = [seeded(f"many-{label}", f"leaf {index}", 32) for index in range(1, len(run.leaves) - 1)]
    leaves = (run.leaves[0], *inner, last)
    tree = TraceTree(leaves, context.trace_height)
    body = run.claim.body.replace(
        worker=public(name),
        trace_root=tree.root,
        status=Status.HALTED,
        code=0,
        output_length=8,
        output_root=output,
        final_state=last,
    )
    openings = run.claim.openings.replace(
        first_path=tree.proof([0]),
        last_path=tree.proof([len(leaves) - 1]),
        pc=context.entry,
        registers=pack_registers(registers),
        low_root=low,
    )
    return sign_claim(run.unit, body, openings, secret(name)), leaves


def wrongly_begun(run: Run, name: str) -> tuple[Claim, tuple[bytes, ...]]:
    """A claim whose leaf 0 is no entry state, with its leaves: it contradicts itself."""
    leaves = (bytes(32), *run.leaves[1:])
    tree = TraceTree(leaves, run.claim.context.trace_height)
    body = run.claim.body.replace(worker=public(name), trace_root=tree.root)
    openings = run.claim.openings.replace(
        first_leaf=leaves[0], first_path=tree.proof([0]), last_path=tree.proof([len(leaves) - 1])
    )
    return sign_claim(run.unit, body, openings, secret(name)), leaves


def opaque_claim_by(unit: Unit, name: str, result: str = "result") -> OpaqueClaim:
    """A worker's claim on an opaque unit."""
    return sign_opaque_claim(unit, seeded("many-opaque", result, 32), secret(name))


def blinding(name: str) -> bytes:
    """The blinding of a worker's commit."""
    return seeded("many-blinding", name, 32)


def commit_to(claim: Claim | OpaqueClaim, name: str, blind: bytes | None = None) -> Commit:
    """A worker's commit to its claim."""
    return sign_commit(claim.unit, claim.id, blind or blinding(name), secret(name))


def reveal_of(
    claim: Claim | OpaqueClaim, name: str, leaves: Sequence[bytes] = (), blind: bytes | None = None
) -> AnyReveal:
    """A worker's reveal of its claim."""
    if isinstance(claim, OpaqueClaim):
        return sign_opaque_reveal(claim, blind or blinding(name), secret(name))
    return sign_reveal(claim, blind or blinding(name), b"".join(leaves), secret(name))


SIX = (0, 1, 2, 3, 4, 5)


def receipt(
    unit: Unit,
    kind: Subject,
    party: bytes,
    subject: bytes,
    slot: int,
    *,
    signers: Sequence[int] = SIX,
    network: str = NETWORK,
) -> Receipt:
    """A receipt by some members of the committee."""
    signing = committee(network=network)
    body = ReceiptBody(
        network=network, committee=signing.hash, unit=unit.id, party=party, subject=subject, slot=slot, kind=kind
    )
    return combine_receipt([sign_receipt(body, signing, member_key(position)) for position in signers], signing)


@dataclass(frozen=True, slots=True)
class Replica:
    """What one worker hands in: objects that are files of a quorum's evidence."""

    commit: Commit
    reveal: AnyReveal
    commit_slot: int = IN_TIME[0]
    reveal_slot: int = IN_TIME[1]

    def files(self, *, revealed: bool = True, commit_receipt: bool = True, reveal_receipt: bool = True) -> list[bytes]:
        """Commit and reveal with their receipts; some of them left out."""
        unit, worker = self.reveal.claim.unit, self.commit.body.worker
        made = [encode_object(self.commit)]
        if commit_receipt:
            made.append(encode_object(receipt(unit, Subject.COMMIT, worker, self.commit.id, self.commit_slot)))
        if revealed:
            made.append(encode_object(self.reveal))
            if reveal_receipt:
                worker = self.reveal.claim.body.worker
                made.append(encode_object(receipt(unit, Subject.REVEAL, worker, self.reveal.id, self.reveal_slot)))
        return made


def honest(run: Run, name: str, slots: tuple[int, int] = IN_TIME) -> Replica:
    """An honest replica."""
    claim = claim_by(run, name)
    return Replica(commit_to(claim, name), reveal_of(claim, name, run.leaves), *slots)


def lazy(run: Run, name: str, slots: tuple[int, int] = IN_TIME) -> Replica:
    """A replica that was made up."""
    claim, leaves = invented(run, name)
    return Replica(commit_to(claim, name), reveal_of(claim, name, leaves), *slots)


def opaque_replica(unit: Unit, name: str, result: str = "result", slots: tuple[int, int] = IN_TIME) -> Replica:
    """A replica of an opaque unit."""
    claim = opaque_claim_by(unit, name, result)
    return Replica(commit_to(claim, name), reveal_of(claim, name), *slots)
