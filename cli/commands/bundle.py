"""`tracework bundle`: many files of evidence in one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import click

from ...protocol.encoding.schema import Record, encode_object
from ...protocol.errors import ProtocolError
from ...protocol.work.bundle import RANKED, pack, read_element
from ...protocol.work.unit import Unit
from ...verifier.bundles import unit_of
from ...worker.files import write_file
from ..command import command as declare
from ..command import json_option
from ..console import count, note, say, say_json, size
from ..failure import Failure
from ..files import read
from ..kinds import at_start, words


@declare(
    "bundle",
    examples=["tracework bundle unit.cbor work/claim.cbor proof.cbor -o bundle.cbor"],
    exit_codes={0: "the bundle was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("files", type=click.Path(), nargs=-1, required=True)
@click.option("-o", "--output", required=True, type=click.Path(), help="Where to write the bundle.")
@json_option
def command(files: tuple[str, ...], output: str, as_json: bool) -> None:
    """Put FILES into one bundle: all that a verdict on a unit's claim rests on, to be checked offline.

    One of them is the unit. The others can be a committee, beacons, a registry, commits, receipts, reveals, claims,
    audit proofs, attestations, segment proofs and fault proofs. The same files give the same bundle, in any order.
    """
    contents = {path: read(path) for path in files}
    elements = {path: _element(path, data) for path, data in contents.items()}
    unit = _unit(contents, elements)
    try:
        made = pack(contents.values())
    except ProtocolError as error:
        raise Failure(f"these files make no bundle: {error}") from error
    for path, element in elements.items():
        if unit_of(element) not in (None, unit.id):
            note(f"Note: {path} is about another unit than the bundle's: whoever judges the bundle sets it aside.")
    data = encode_object(made)
    write_file(output, data)
    if as_json:
        say_json({"bundle": output, "files": len(made.files), "size": len(data)})
        return
    say(f"{output}: {count(len(made.files), 'file')}, {size(len(data))}")
    say(f"Anybody can check it: {shlex.join(['tracework', 'verify', output])}")


def _element(path: str, data: bytes) -> Record:
    """The object in a file."""
    kind = at_start(data)
    if kind not in {cls.KIND for cls in RANKED}:
        raise Failure(f"{path} is no file of a kind that bundles hold; `tracework inspect {path}` says what it is")
    try:
        return read_element(data, path)
    except ProtocolError as error:
        raise Failure(f"{path} is no {words(kind or '')} that can be read: {error}; get a whole one") from error


def _unit(contents: Mapping[str, bytes], elements: Mapping[str, Record]) -> Unit:
    """The one unit among some files."""
    units = {contents[path]: (path, element) for path, element in elements.items() if isinstance(element, Unit)}
    if len(units) != 1:
        named = f": {', '.join(path for path, _ in units.values())}" if units else ""
        raise Failure(f"{len(units)} units are among these files{named}; a bundle is about exactly one")
    ((_, unit),) = units.values()
    return unit
