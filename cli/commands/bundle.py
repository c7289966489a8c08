"""`tracework bundle`: many files of evidence in one."""

from __future__ import annotations

import shlex

import click

from ...protocol.encoding.schema import encode_object
from ...protocol.errors import ProtocolError
from ...protocol.work.bundle import RANKED, pack
from ...worker.files import write_file
from ..command import command as declare
from ..command import json_option
from ..console import count, say, say_json, size
from ..failure import Failure
from ..files import read
from ..kinds import at_start


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
    known = {cls.KIND for cls in RANKED}
    contents = []
    for path in files:
        data = read(path)
        if at_start(data) not in known:
            raise Failure(f"{path} is no file of a kind that bundles hold; `tracework inspect {path}` says what it is")
        contents.append(data)
    try:
        made = pack(contents)
    except ProtocolError as error:
        raise Failure(f"these files make no bundle: {error}") from error
    data = encode_object(made)
    write_file(output, data)
    if as_json:
        say_json({"bundle": output, "files": len(made.files), "size": len(data)})
        return
    say(f"{output}: {count(len(made.files), 'file')}, {size(len(data))}")
    say(f"Anybody can check it: {shlex.join(['tracework', 'verify', output])}")
