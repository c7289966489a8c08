"""The options of `tracework unit` that say how a unit is verified, and by when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..protocol.work.unit import (
    MAX_AUDITORS,
    AdaptivePolicy,
    AssignmentPolicy,
    AttestationPolicy,
    AuditPolicy,
    Deadlines,
    Policy,
    ReceiptPolicy,
    RedundancyPolicy,
    Requirements,
)
from . import references
from .command import Number

_OPTIONS = (
    click.option(
        "--worker",
        "workers",
        multiple=True,
        metavar="KEY",
        help="Only this worker may claim: public key or identity file. Repeatable.",
    ),
    click.option(
        "--audit", nargs=2, type=Number(), metavar="SAMPLES DELAY", help="An audit: segments to draw, slots to wait."
    ),
    click.option(
        "--auditors",
        type=Number(1, MAX_AUDITORS),
        help="With --audit: so many auditors are drawn and paid; needs --assignment and --receipts.",
    ),
    click.option(
        "--redundancy",
        nargs=2,
        type=Number(),
        metavar="REPLICAS QUORUM",
        help="Several workers, and how many have to agree.",
    ),
    click.option(
        "--adaptive",
        nargs=2,
        type=Number(),
        metavar="FLOOR WINDOW",
        help="With --redundancy: replicate at random, at least with this chance (basis points), within so many slots.",
    ),
    click.option(
        "--attestation",
        nargs=2,
        type=(str, Number()),
        metavar="COMMITTEE THRESHOLD",
        help="A committee (hash or file) vouches, with at least this weight.",
    ),
    click.option(
        "--assignment",
        nargs=2,
        type=(str, Number()),
        metavar="REGISTRY DELAY",
        help="Workers are drawn from a registry (hash or file), so many slots after the unit's receipt.",
    ),
    click.option(
        "--receipts",
        nargs=2,
        type=(str, Number()),
        metavar="COMMITTEE THRESHOLD",
        help="Whose receipts count: a committee (hash or file), with at least this weight.",
    ),
    click.option("--cores", type=Number(1, (1 << 32) - 1), help="Workers who are drawn have at least so many cores."),
    click.option("--memory", type=Number(1, (1 << 32) - 1), help="... so much memory, in MiB."),
    click.option("--storage", type=Number(1, (1 << 32) - 1), help="... so much storage, in GiB."),
    click.option(
        "--least-stake",
        type=Number(1, (1 << 96) - 1),
        help="... so much stake, in base units, for each unit that they have outstanding and for this one.",
    ),
    click.option(
        "--region", "regions", multiple=True, help="Workers in this region first, then in the next. Repeatable."
    ),
    click.option(
        "--deadlines",
        nargs=3,
        type=Number(),
        metavar="COMMIT REVEAL CHALLENGE",
        help="The slots by which these are due.",
    ),
)


def terms_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def make_policy(
    *,
    workers: tuple[str, ...],
    audit: tuple[int, int] | None,
    auditors: int | None,
    redundancy: tuple[int, int] | None,
    adaptive: tuple[int, int] | None,
    attestation: tuple[str, int] | None,
    assignment: tuple[str, int] | None,
    receipts: tuple[str, int] | None,
) -> Policy:
    """The policy that the options ask for. SchemaError or SemanticError for one that can't be."""
    if adaptive and not redundancy:
        raise click.UsageError("--adaptive goes with --redundancy")
    if auditors and not audit:
        raise click.UsageError("--auditors goes with --audit")
    return Policy(
        audit=AuditPolicy(samples=audit[0], delay=audit[1], auditors=auditors) if audit else None,
        redundancy=RedundancyPolicy(
            replicas=redundancy[0],
            quorum=redundancy[1],
            adaptive=AdaptivePolicy(floor=adaptive[0], window=adaptive[1]) if adaptive else None,
        )
        if redundancy
        else None,
        attestation=AttestationPolicy(committee=references.committee_hash(attestation[0]), threshold=attestation[1])
        if attestation
        else None,
        workers=tuple(sorted(map(references.public_key, workers))) or None,
        assignment=AssignmentPolicy(registry=references.registry_hash(assignment[0]), delay=assignment[1])
        if assignment
        else None,
        receipts=ReceiptPolicy(committee=references.committee_hash(receipts[0]), threshold=receipts[1])
        if receipts
        else None,
    )


def make_requirements(
    *, cores: int | None, memory: int | None, storage: int | None, least_stake: int | None, regions: tuple[str, ...]
) -> Requirements | None:
    """What accounts must have, if the options say anything. SchemaError or SemanticError for what can't be."""
    wanted = Requirements(cores=cores, memory=memory, storage=storage, least_stake=least_stake, regions=regions or None)
    return None if wanted == Requirements() else wanted


def make_deadlines(deadlines: tuple[int, int, int] | None) -> Deadlines | None:
    """The deadlines that the option gives."""
    if deadlines is None:
        return None
    commit, reveal, challenge = deadlines
    return Deadlines(commit=commit, reveal=reveal, challenge=challenge)
