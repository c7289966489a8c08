"""The epoch's evidence that the cases are about, and the form of a case of one file."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ...protocol import keys
from ...protocol.encoding.schema import Record, encode_object
from ...protocol.registry.snapshot import Registry
from ...protocol.work.dispute import Dispute, DisputeBody
from ...protocol.work.silence import Asked
from ...protocol.work.unit import Unit
from . import Case, _many, _runs, invalid, seeded
from . import _epoch_files as made
from . import registry as registries

Files = Sequence[Record | bytes]
"""Objects, or their bytes."""


def contents(files: Files) -> list[bytes]:
    """The files of some objects, as bytes, each once, ascending."""
    return sorted({one if isinstance(one, bytes) else encode_object(one) for one in files})


def input_of(files: Files, **changes: Any) -> dict[str, Any]:
    """A case's input: what the reader is told, and the files."""
    return made.told(**changes) | {"files": contents(files)}


@functools.cache
def drawn() -> Unit:
    """The unit that most cases are about."""
    return made.drawn_unit()


@functools.cache
def worker() -> str:
    """The name of its drawn worker."""
    return made.worker_of(drawn())


def audited() -> list[Record]:
    """The drawn unit with its claim."""
    return [*made.about(drawn()), *made.claimed(drawn(), worker())]


def false_claim(wrong: int | None = None) -> list[Record]:
    """The drawn unit with a false claim: the leaf after the first drawn segment is wrong, or another."""
    return [*made.about(drawn()), *made.claimed(drawn(), worker(), wrong=wrong or wrong_leaf())]


def signers() -> list[str]:
    """The names of the two heaviest members of the committee who sign what is attested here."""
    members = [_many.committee().members[place] for place in _many.SIX]
    return [made.names()[one.key] for one in sorted(members, key=lambda one: one.weight, reverse=True)[:2]]


def both() -> list[Record]:
    """A unit with a claim, an attestation of it, and the check of a member who was drawn to audit it as well."""
    unit = made.drawn_unit("epoch-both", registry=made.staked())
    name, members = made.worker_of(unit), _many.committee().members
    signed = {members[place].key for place in _many.SIX}
    member = next(one for one in made.auditors_of(unit) if _many.public(one) in signed)
    attested = made.attested(made.claim(unit, name))
    return [*made.about(unit), *made.claimed(unit, name), made.audit(unit), attested, *made.checked(unit, member)]


@functools.cache
def wrong_leaf() -> int:
    """A leaf at the end of a drawn segment of a claim that has it wrong."""
    for wrong in range(1, len(made.run(drawn()).leaves) - 1):
        indices = made.audit(drawn(), wrong).indices
        if wrong - 1 in indices and wrong not in indices:
            return wrong
    raise AssertionError("no such leaf")


@functools.cache
def hidden_leaf() -> int:
    """A wrong leaf of a claim none of whose drawn segments begins or ends in it."""
    for wrong in range(1, len(made.run(drawn()).leaves) - 1):
        if not {wrong - 1, wrong} & set(made.audit(drawn(), wrong).indices):
            return wrong
    raise AssertionError("no such leaf")


def named() -> list[str]:
    """The named workers of the other unit."""
    return _many.names(3)


def without(*names: str) -> Registry:
    """The registry without some accounts."""
    gone = {_many.public(name) for name in names}
    return registries.of(*(one for one in made.snapshot().accounts if one.key not in gone))


def claim(wrong: int | None = None) -> Any:
    """The drawn worker's claim, honest or with a wrong leaf."""
    return made.claim(drawn(), worker(), wrong)


def fault(wrong: int) -> Record:
    """The proof of the segment that ends in a wrong leaf."""
    return made.run(drawn(), wrong).proof(wrong - 1).replace(claim=claim(wrong))


def commit() -> Any:
    """The commit to the honest claim."""
    return _many.commit_to(claim(), worker())


def unrevealed(until: int = 300) -> Any:
    """A certificate that the commit was not revealed."""
    return made.silence(drawn(), Asked.REVEAL, commit().id, worker(), until)


@functools.cache
def dispute() -> Dispute:

    body = DisputeBody(
        network=_runs.NETWORK,
        claim=claim().id,
        segment=1,
        challenger=_many.public("stranger"),
        nonce=seeded("epoch-dispute", "nonce", 32),
    )
    return Dispute(body=body, signature=keys.sign(_many.secret("stranger"), body.id))


def of_file(name: str, comment: str, req: str, file: Record | bytes, files: Files, error: str, **changes: Any) -> Case:
    """A case of one file that shows nothing."""
    data = file if isinstance(file, bytes) else encode_object(file)
    given = input_of([*files, data]) | changes | {"file": data}
    return invalid(f"settlement-file-{name}", comment, req.split(), given, error)
