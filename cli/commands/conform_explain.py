"""`tracework conform explain`: what a case is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import click

from ...conformance import report, requirements
from ...conformance.suite import SuiteError, load
from ...protocol.encoding import cbor
from ...protocol.errors import ProtocolError
from ..command import command as declare
from ..console import say
from ..diagnostic import diagnostic
from ..failure import Failure

_LONG = re.compile(r"h'([0-9a-f]{96})([0-9a-f]{64,})'")


@declare(
    "explain",
    examples=["tracework conform explain hashing-network-17"],
    exit_codes={0: "shown", 1: "", 2: "there is no such case", 3: ""},
)
@click.argument("case")
def command(case: str) -> None:
    """Tell what a case is about, which clauses it tests, its input, and what is expected.

    Objects in the input are shown decoded. For a negative case that was made from another one: what was changed.
    """
    try:
        suite = load()
        say(report.explain(suite, case, requirements.load()))
        input = suite.case(case).input
    except SuiteError as error:
        raise Failure(str(error)) from error
    for where, item in _objects(input, "input"):
        say(f"\n{where}, decoded:\n{_LONG.sub(_cut, diagnostic(item))}")


def _objects(value: object, where: str) -> Iterator[tuple[str, cbor.Item]]:
    """The objects of the protocol in a case's input: whatever decodes to a map with its kind at key 0."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _objects(part, f"{where}.{name}")
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _objects(part, f"{where}[{place}]")
    elif isinstance(value, str):
        try:
            item = cbor.decode(bytes.fromhex(value))
        except (ValueError, ProtocolError):  # no hexadecimal digits, or not an item
            return
        if isinstance(item, dict) and isinstance(item.get(0), str):
            yield where, item


def _cut(found: re.Match[str]) -> str:
    return f"h'{found[1]}...' /{len(found[1] + found[2]) // 2} bytes/"
