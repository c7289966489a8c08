"""Making units, and reading the objects that travel as files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from ..protocol.encoding.schema import Record, decode_object, encode_object
from ..protocol.errors import ProtocolError
from ..protocol.hashing import SUITE
from ..protocol.keys import SecretKeyFile
from ..protocol.machine.context import PROFILE, Context
from ..protocol.work.claim import Claim
from ..protocol.work.segment import SegmentProof
from ..protocol.work.unit import (
    NONCE_SIZE,
    Beneficiary,
    Deadlines,
    Opaque,
    Policy,
    Requirements,
    Unit,
    UnitBody,
    sign_unit,
)
from .errors import WorkerError, content_errors
from .files import Source, read_file, write_file
from .materials import read_input, read_program

R = TypeVar("R", bound=Record)


def make_unit(
    *,
    program: Source,
    input: Source,
    key: SecretKeyFile,
    network: str,
    segment_log2: int,
    max_steps: int,
    price: int,
    escrow: int | None = None,
    policy: Policy | None = None,
    deadlines: Deadlines | None = None,
    beneficiaries: Sequence[Beneficiary] = (),
    requirements: Requirements | None = None,
    nonce: bytes | None = None,
) -> Unit:
    """A unit that asks for a program to be run on an input, signed by its requester.

    The escrow is what the longest run costs, unless one is given; the nonce is random. Raises WorkerError.
    """
    loaded = read_program(program)
    given = read_input(input)
    try:
        body = UnitBody(
            network=network,
            requester=key.public,
            nonce=os.urandom(NONCE_SIZE) if nonce is None else nonce,
            context=Context(
                profile=PROFILE,
                suite=SUITE,
                entry=loaded.entry,
                code_first=loaded.code_first,
                code_end=loaded.code_end,
                image_root=loaded.image_root,
                input_length=given.length,
                input_root=given.root,
                max_steps=max_steps,
                segment_log2=segment_log2,
            ),
            policy=policy or Policy(),
            deadlines=deadlines,
            price=price,
            escrow=price * max_steps if escrow is None else escrow,
            beneficiaries=tuple(beneficiaries) or None,
            requirements=requirements,
        )
    except ProtocolError as error:
        raise WorkerError(f"these terms make no unit: {error}", "change them and try again") from error
    return sign_unit(body, key.key)


def make_opaque_unit(
    job: bytes,
    *,
    key: SecretKeyFile,
    network: str,
    policy: Policy,
    deadlines: Deadlines | None,
    escrow: int,
    requirements: Requirements | None = None,
    nonce: bytes | None = None,
) -> Unit:
    """A unit that asks for a job that the parties know by a digest, signed by its requester. Raises WorkerError."""
    try:
        body = UnitBody(
            network=network,
            requester=key.public,
            nonce=os.urandom(NONCE_SIZE) if nonce is None else nonce,
            opaque=Opaque(job=job),
            policy=policy,
            deadlines=deadlines,
            price=0,
            escrow=escrow,
            requirements=requirements,
        )
    except ProtocolError as error:
        raise WorkerError(f"these terms make no unit: {error}", "change them and try again") from error
    return sign_unit(body, key.key)


def read_unit(path: str | os.PathLike[str]) -> Unit:
    """The unit in a file; its signature is not looked at."""
    return _read(Unit, "a unit", path)


def read_claim(path: str | os.PathLike[str]) -> Claim:
    """The claim in a file; its signatures are not looked at."""
    return _read(Claim, "a claim", path)


def read_proof(path: str | os.PathLike[str]) -> SegmentProof:
    """The segment proof in a file; nothing of it is checked but its form."""
    return _read(SegmentProof, "a segment proof", path)


def write_object(path: str | os.PathLike[str], value: Record, *, replace: bool = True) -> None:
    """Write an object's encoding to a file, as a whole or not at all."""
    write_file(path, encode_object(value), replace=replace)


def _read(cls: type[R], what: str, path: str | os.PathLike[str]) -> R:
    with content_errors(what, os.fspath(path)):
        return decode_object(cls, read_file(path))
