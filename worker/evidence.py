"""Files that an epoch is made of: evidence out of files and folders, and the rule's parameters as people write them."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..protocol.encoding import cbor
from ..protocol.encoding.schema import decode_object
from ..protocol.errors import ProtocolError
from ..protocol.rewards.parameters import Ceiling, Parameters
from ..protocol.work.bundle import Bundle
from ..verifier.epoch_files import KINDS, file_hash
from .errors import WorkerError, content_errors, file_errors
from .files import read_file

_STARTS: Final = tuple(
    bytes([0xA0 + fields, 0]) + cbor.encode(kind) + b"\x01\x01"
    for kind in KINDS
    if kind is not None
    for fields in range(2, 12)
)
"""How files of the kinds that evidence has begin: a map of some fields, key 0 its kind, key 1 the version."""
_PARAMETERS_START: Final = bytes([0xA0 + len(Parameters.ENTRIES) + 2, 0]) + cbor.encode(Parameters.KIND or "")

STANDARD: Final = Parameters(
    burn=500,
    treasury=200,
    audit=500,
    attestation=300,
    rebate=8000,
    rebate_work=7000,
    rebate_audit=2000,
    rebate_attestation=1000,
    slash_base=400_000,
    slash_share=20_000,
    bounty=3000,
    reputation_gain=1 << 26,
    reputation_loss=1 << 28,
    emission=(Ceiling(epoch=0, amount=10**9),),
)
"""The parameters that a network can begin with; what they buy is for `tracework soundness` to say."""

_COMMENTS: Final = {
    "burn": "of what a claim is due, in basis points: burnt",
    "treasury": "the treasury's",
    "audit": "for auditors, if the unit has them drawn",
    "attestation": "for attesters, if the unit asks for them",
    "rebate": "of what is burnt, in basis points: emitted at most",
    "rebate_work": "of a rebate: the worker's",
    "rebate_audit": "the auditors'",
    "rebate_attestation": "the attesters'",
    "slash_base": "what an offence costs, in base units,",
    "slash_share": "and on top of it, in basis points of the unit's escrow",
    "bounty": "of a slash by refutation: the prover's; at most 3333",
    "reputation_gain": "for each accepted claim of a drawn worker, in 2^32nds",
    "reputation_loss": "for each that was judged and not accepted",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Files of evidence, and what to call them."""

    files: tuple[bytes, ...]
    names: Mapping[bytes, str]
    """H_evidence of a file, or of an element of a bundle, to its path."""
    left_out: int
    """Files in folders that are of no kind that evidence has."""


def read_evidence(paths: Sequence[str | os.PathLike[str]]) -> Evidence:
    """The files that are named, and all files of evidence in the folders that are named, and in theirs.

    Raises WorkerError for what can't be read. A file that is named counts whatever it holds.
    """
    files: list[bytes] = []
    names: dict[bytes, str] = {}
    left_out = 0
    for given in paths:
        path = Path(given)
        folder = path.is_dir()
        for one in sorted(_walk(path)) if folder else [path]:
            if folder and not _is_evidence(one):
                left_out += 1
                continue
            data = read_file(one)
            files.append(data)
            names.setdefault(file_hash(data), str(one))
            for element in _elements(data):
                names.setdefault(file_hash(element), f"in {one}")
    return Evidence(tuple(files), names, left_out)


def _walk(folder: Path) -> Iterable[Path]:
    """All regular files below a folder."""

    def refuse(error: OSError) -> None:
        raise error

    with file_errors("read the folder", folder):
        for root, _, found in os.walk(folder, onerror=refuse):
            for name in found:
                path = Path(root, name)
                if stat.S_ISREG(path.stat().st_mode):
                    yield path


def _is_evidence(path: Path) -> bool:
    with file_errors("read", path), open(path, "rb") as file:
        return file.read(64).startswith(_STARTS)


def _elements(data: bytes) -> Sequence[bytes]:
    """The elements of a bundle; nothing of other files, or of one that is damaged."""
    try:
        return decode_object(Bundle, data).files
    except ProtocolError:
        return ()


def parameters_text(parameters: Parameters = STANDARD) -> str:
    """Parameters as a text that people read and write (TOML)."""
    lines = ["# Parameters of the standard rule (spec/rewards.md). Shares are in basis points: 10000 is a whole.", ""]
    width = max(len(f"{name} = {getattr(parameters, name)}") for name in _COMMENTS)
    for name, comment in _COMMENTS.items():
        lines.append(f"{f'{name} = {getattr(parameters, name)}'.ljust(width)}  # {comment}")
    for line in parameters.emission:
        lines += ["", "[[emission]]  # the most that an epoch emits, in base units, from an epoch on"]
        lines += [f"epoch = {line.epoch}", f"amount = {line.amount}"]
    return "\n".join(lines) + "\n"


def read_parameters(path: str | os.PathLike[str]) -> Parameters:
    """The parameters in a file: a text in TOML, or the object itself. Raises WorkerError that names file and field."""
    data = read_file(path)
    if data.startswith(_PARAMETERS_START):
        with content_errors("parameters", str(path)):
            return decode_object(Parameters, data)
    try:
        table = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WorkerError(f"{path} is no text of parameters: {error}", _HOW) from error
    fields = _fields(str(path), table)
    with content_errors("parameters", str(path)):
        return Parameters(**fields)


_HOW: Final = "`tracework epoch parameters` writes one to begin with"


def _fields(path: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a table, each of its type. Raises WorkerError."""
    lines = table.get("emission", [])
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise WorkerError(f"{path}: emission is no list of tables [[emission]]", _HOW)
    _check_names(path, table, {*_COMMENTS, "emission"}, "")
    emission = []
    for number, line in enumerate(lines):
        where = f"emission[{number}]."
        _check_names(path, line, {"epoch", "amount"}, where)
        with content_errors("parameters", path):
            epoch, amount = (_integer(path, line[name], where + name) for name in ("epoch", "amount"))
            emission.append(Ceiling(epoch=epoch, amount=amount))
    return {name: _integer(path, table[name], name) for name in _COMMENTS} | {"emission": tuple(emission)}


def _check_names(path: str, table: Mapping[str, Any], known: set[str], where: str) -> None:
    for name in table:
        if name not in known:
            raise WorkerError(f"{path}: there is no parameter {where}{name}", _HOW)
    for name in sorted(known - {"emission"}):
        if name not in table:
            raise WorkerError(f"{path}: the parameter {where}{name} is missing", _HOW)


def _integer(path: str, value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise WorkerError(f"{path}: {name} is {value!r}, and not a whole number of at least 0", _HOW)
    return value
