"""`tracework inspect`: what a file holds."""

from __future__ import annotations

from typing import NoReturn

import click

from ...conformance.values import render
from ...protocol.encoding import cbor
from ...protocol.encoding.schema import Record, decode_item, kind_of
from ...protocol.errors import ProtocolError, SchemaError
from ...protocol.keys import SecretKeyFile
from ...protocol.program import Program, load_program
from .. import exits, kinds, views
from ..command import command as declare
from ..command import json_option
from ..console import bad, printable, say, say_json, size, table
from ..diagnostic import diagnostic
from ..files import label, read

AROUND = 8
"""Bytes shown before and after the place where an encoding is broken."""


@declare(
    "inspect",
    examples=[
        "tracework inspect unit.cbor",
        "tracework inspect --json proof.cbor",
        "tracework inspect --diag work/claim.cbor",
        "tracework inspect sha256/sha256.elf",
    ],
    exit_codes={0: "well-formed", 1: "malformed; it says where and why", 3: ""},
)
@click.argument("file", type=click.Path(allow_dash=True))
@json_option
@click.option("--diag", is_flag=True, help="Print the encoding in CBOR diagnostic notation, in full.")
def command(file: str, as_json: bool, diag: bool) -> None:
    """Show what FILE is and holds, field by field, with the ids and hashes that follow from it.

    FILE is a unit, a claim, a segment proof, a key file, an identity or a program (ELF); `-` reads standard input.
    Nothing is verified here but the form: that is what `tracework verify` is for. Secrets are never shown.
    """
    data = read(file)
    if data[:4] == b"\x7fELF" and not diag:
        _show_program(file, data, as_json)
        return
    try:
        item = cbor.decode(data)
    except ProtocolError as error:
        _report(file, data, kinds.at_start(data), error, as_json)
    if diag:
        say(diagnostic(_without_secret(item)))
        return
    kind = kind_of(item)
    try:
        record = decode_item(_class_of(item), item)
    except ProtocolError as error:
        _report(file, data, kind if kinds.find(kind) else None, error, as_json)
    _show(file, data, record, as_json)


def _class_of(item: cbor.Item) -> type[Record]:
    """The type of the object that an item says it is. Raises SchemaError if it says nothing of the sort."""
    if not isinstance(item, dict):
        raise SchemaError("wrong-type", "not a map, as every object is", requirement="ENC-030")
    if 0 not in item:
        raise SchemaError("missing-field", "no kind: key 0 is missing", requirement="ENC-030")
    cls = kinds.find(kind_of(item))
    if cls is None:
        named = f"{diagnostic(item[0])[:80]} is no kind of object; there are {', '.join(kinds.by_kind())}"
        raise SchemaError("unknown-kind", named, requirement="ENC-030", where="key 0")
    return cls


def _show(file: str, data: bytes, record: Record, as_json: bool) -> None:
    fields, computed = views.fields(record), views.computed(record)
    if as_json:
        said = {"file": file, "kind": record.KIND, "version": 1, "size": len(data), "fields": fields}
        say_json(render(said | {"computed": computed}))
        return
    say(f"{label(file)}: {record.KIND}, version 1, {size(len(data))}")
    table(views.lines(fields))
    if computed:
        say("What follows from it:")
        table(views.lines(computed))


def _show_program(file: str, data: bytes, as_json: bool) -> None:
    try:
        program: Program = load_program(data)
    except ProtocolError as error:
        _report(file, data, "program", error, as_json)
    view = views.program_view(program)
    if as_json:
        say_json(render({"file": file, "kind": "program", "size": len(data), "computed": view}))
        return
    say(f"{label(file)}: a program for the machine rv64im, {size(len(data))} of ELF")
    table(views.lines(view))


def _without_secret(item: cbor.Item) -> cbor.Item:
    """The item, but that a secret key's bytes are zeros."""
    if isinstance(item, dict) and kind_of(item) == SecretKeyFile.KIND:
        return {
            key: bytes(len(value)) if key == 2 and isinstance(value, bytes) else value for key, value in item.items()
        }
    return item


def _report(file: str, data: bytes, kind: str | None, error: ProtocolError, as_json: bool) -> NoReturn:
    """Say why a file is malformed, and where; exit."""
    if as_json:
        reason = {"stage": error.stage, "code": error.code, "requirement": error.requirement, "where": error.where}
        said = {"file": file, "size": len(data), "error": reason | {"message": error.message}}
        say_json(render(said | ({"kind": kind} if kind else {})))
        raise click.exceptions.Exit(exits.BAD)
    what = f"a malformed {kinds.words(kind)}" if kind else "no object of the protocol"
    say(f"{label(file)}: {bad(what)}, {size(len(data))}")
    rows = [("why", printable(error.message)), ("where", error.where or "the whole of it")]
    if error.where.startswith("byte ") and kind != SecretKeyFile.KIND:
        rows.append(("there", _around(data, int(error.where[5:]))))
    table([*rows, ("rule", f"{error.requirement} ({error.stage}/{error.code})")])
    if error.stage in ("schema", "semantic") and kind != "program":
        say("The encoding itself is sound: --diag shows it.")
    raise click.exceptions.Exit(exits.BAD)


def _around(data: bytes, at: int) -> str:
    """The bytes about a place, the one at it in brackets."""
    before, after = data[max(at - AROUND, 0) : at], data[at + 1 : at + 1 + AROUND]
    here = f"[{data[at]:02x}]" if at < len(data) else "[end]"
    begin = "… " if at > AROUND else ""
    end = " …" if at + 1 + AROUND < len(data) else ""
    return f"{begin}{before.hex(' ')} {here} {after.hex(' ')}{end}".replace("  ", " ").strip()
