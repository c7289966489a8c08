"""Replicas of every kind: what a worker can hand in, or not, with the standing that it gives (RED-020)."""

from __future__ import annotations

from collections.abc import Callable

from ...protocol import keys
from ...protocol.encoding.schema import encode_object
from ...protocol.trees.trace import TraceTree
from ...protocol.work.claim import sign_claim
from ...protocol.work.commit import Commit
from . import _many as many
from ._runs import Run

Made = Callable[[int, int], list[bytes]]
"""Files of a replica, by the number of replicas and the position of its worker."""


def run(count: int) -> Run:
    """The run that some replicas are of."""
    return many.honest_run(f"many-{count}", count, count // 2 + 1)


def honest(count: int, place: int) -> list[bytes]:
    """An honest replica."""
    return many.honest(run(count), many.names(count)[place]).files()


def lazy(count: int, place: int) -> list[bytes]:
    """A claim that was made up."""
    return many.lazy(run(count), many.names(count)[place]).files()


def late_commit(count: int, place: int) -> list[bytes]:
    """Committed a slot too late."""
    return many.honest(run(count), many.names(count)[place], (101, 150)).files()


def late_reveal(count: int, place: int) -> list[bytes]:
    """Revealed a slot too late."""
    return many.honest(run(count), many.names(count)[place], (90, 201)).files()


def early_reveal(count: int, place: int) -> list[bytes]:
    """Revealed while others could still commit."""
    return many.honest(run(count), many.names(count)[place], (90, 100)).files()


def unrevealed(count: int, place: int) -> list[bytes]:
    """Committed, and never revealed."""
    return many.honest(run(count), many.names(count)[place]).files(revealed=False)


def unreceipted(count: int, place: int) -> list[bytes]:
    """A commit without a receipt."""
    return many.honest(run(count), many.names(count)[place]).files(commit_receipt=False)


def unreceipted_reveal(count: int, place: int) -> list[bytes]:
    """A reveal without a receipt."""
    return many.honest(run(count), many.names(count)[place]).files(reveal_receipt=False)


def nothing(count: int, place: int) -> list[bytes]:
    """Nothing at all."""
    return []


def no_commit(count: int, place: int) -> list[bytes]:
    """A reveal without a commit."""
    return many.honest(run(count), many.names(count)[place]).files()[2:]


def copied(count: int, place: int) -> list[bytes]:
    """The commitment of worker 0 under another name, and a reveal with the blinding that 0 showed."""
    name, first = many.names(count)[place], many.names(count)[0]
    original = many.honest(run(count), first)
    body = original.commit.body.replace(worker=many.public(name))
    commit = Commit(body=body, signature=keys.sign(many.secret(name), body.id))
    claim = many.claim_by(run(count), name)
    reveal = many.reveal_of(claim, name, run(count).leaves, many.blinding(first))
    return many.Replica(commit, reveal, 95, 150).files()


def other_blinding(count: int, place: int) -> list[bytes]:
    """A reveal that doesn't open the commit."""
    name = many.names(count)[place]
    claim = many.claim_by(run(count), name)
    reveal = many.reveal_of(claim, name, run(count).leaves, bytes(32))
    return many.Replica(many.commit_to(claim, name), reveal).files()


def wrong_leaves(count: int, place: int) -> list[bytes]:
    """A reveal whose last leaf is another than the claimed one."""
    name = many.names(count)[place]
    claim = many.claim_by(run(count), name)
    reveal = many.reveal_of(claim, name, [*run(count).leaves[:-1], bytes(32)])
    return many.Replica(many.commit_to(claim, name), reveal).files()


def two_commits(count: int, place: int) -> list[bytes]:
    """Two commits."""
    name = many.names(count)[place]
    second = many.commit_to(many.claim_by(run(count), name), name, bytes(32))
    return [*honest(count, place), encode_object(second)]


def two_reveals(count: int, place: int) -> list[bytes]:
    """Two reveals."""
    name = many.names(count)[place]
    return [*honest(count, place), encode_object(many.lazy(run(count), name).reveal)]


def refuted(count: int, place: int) -> list[bytes]:
    """A claim that contradicts itself: its exit code isn't that of its final registers."""
    name, made = many.names(count)[place], run(count)
    leaves = [bytes(32), *made.leaves[1:]]
    tree = TraceTree(leaves, made.claim.context.trace_height)
    body = made.claim.body.replace(worker=many.public(name), trace_root=tree.root)
    openings = made.claim.openings.replace(
        first_leaf=leaves[0], first_path=tree.proof([0]), last_path=tree.proof([len(leaves) - 1])
    )
    claim = sign_claim(made.unit, body, openings, many.secret(name))
    return many.Replica(many.commit_to(claim, name), many.reveal_of(claim, name, leaves)).files()


STANDINGS: dict[Made, tuple[str, str | None]] = {
    honest: ("agrees", None),
    lazy: ("dissents", "dissents"),
    late_commit: ("late", "late-commit"),
    late_reveal: ("late", "late-reveal"),
    early_reveal: ("early", "early-reveal"),
    unrevealed: ("missing", "no-reveal"),
    unreceipted: ("absent", "no-receipt"),
    unreceipted_reveal: ("missing", "no-receipt"),
    nothing: ("absent", "no-commit"),
    no_commit: ("absent", "no-commit"),
    copied: ("copied", "copied-commit"),
    other_blinding: ("malformed", "commitment-mismatch"),
    wrong_leaves: ("malformed", "leaves-mismatch"),
    two_commits: ("equivocated", "second-commit"),
    two_reveals: ("equivocated", "second-reveal"),
    refuted: ("refuted", "wrong-first-leaf"),
}
"""Kinds of replicas, with the standing and the code that each gives beside two honest ones."""
