"""What a reader of evidence is told on the command line, and what the evidence shows, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from ..protocol.machine.executor import ExecutorFactory
from ..protocol.program import Program
from ..protocol.regions import Input
from ..protocol.registry.snapshot import Registry
from ..protocol.rewards.epoch import Epoch
from ..protocol.rewards.parameters import Parameters
from ..protocol.rewards.records import RecordType, label
from ..protocol.rewards.view import SetAside
from ..verifier.epoch_files import Told
from ..verifier.epochs import Finding, Shown, shown
from ..worker.evidence import read_evidence
from ..worker.materials import read_input, read_program
from ..worker.signing import read_object
from . import kinds
from .console import count, faint, printable, say
from .epochs import aside_text

Decorated = Callable[..., Any]


def reader_options(required: bool) -> Callable[[Decorated], Decorated]:
    """The options that tell a reader of evidence what isn't in the evidence."""

    def decorate(function: Decorated) -> Decorated:
        for option in (
            click.option("--supplied", is_flag=True, help="Take randomness that no beacon vouches for."),
            click.option(
                "--execute",
                "materials",
                nargs=2,
                multiple=True,
                type=click.Path(),
                metavar="PROGRAM INPUT",
                help="Execute the claims about this program and input. Repeatable.",
            ),
            click.option(
                "--earlier",
                multiple=True,
                type=click.Path(),
                help="An earlier registry of the network, which units name. Repeatable.",
            ),
            click.option(
                "--registry",
                required=required,
                type=click.Path(),
                help="The network's registry as it is before the epoch: its accounts are the epoch's.",
            ),
        ):
            function = option(function)
        return function

    return decorate


@dataclass(frozen=True, slots=True)
class Reading:
    """Evidence that was read: what it shows, and what its files are called."""

    shown: Shown
    names: Mapping[bytes, str]
    left_out: int
    findings: Mapping[bytes, Finding]
    """What each file is worth, by its hash."""

    def name(self, file: bytes) -> str:
        """The path of a file by its hash."""
        return self.names.get(file, file.hex()[:16])

    def reason(self, record: Any) -> str:
        """Why the file that a refused record names doesn't show it, if it says so."""
        finding = self.findings.get(getattr(record, "evidence", b""))
        if finding is None:
            return ""
        why = f": {printable(str(finding.error))}" if finding.error else " shows something else"
        return f"{self.name(finding.file)}{why}"


def read(
    paths: Sequence[str],
    *,
    frame: Epoch | Mapping[str, Any],
    parameters: Parameters,
    registry: str,
    earlier: Sequence[str],
    materials: Sequence[tuple[str, str]],
    supplied: bool,
    executor: ExecutorFactory,
) -> Reading:
    """Read evidence for an epoch: one that is there, or its number, slots and treasury."""
    network = read_object(Registry, "a registry", registry)
    names = ("number", "first_slot", "last_slot", "treasury")
    terms = {name: getattr(frame, name) for name in names} if isinstance(frame, Epoch) else dict(frame)
    told = Told(
        network=frame.network if isinstance(frame, Epoch) else network.network,
        parameters=parameters,
        registry=network,
        earlier=tuple(read_object(Registry, "a registry", path) for path in earlier),
        supplied=supplied,
        **terms,
    )
    evidence = read_evidence(paths)
    known: list[tuple[Program, Input]] = [(read_program(program), read_input(given)) for program, given in materials]
    found = shown(told, evidence.files, executor=executor, materials=known)
    by_hash = {finding.file: finding for finding in found.findings}
    return Reading(found, evidence.names, evidence.left_out, by_hash)


def as_dict(reading: Reading) -> dict[str, Any]:
    """What files show, for --json."""
    files = []
    for finding in sorted(reading.shown.findings, key=lambda one: reading.name(one.file)):
        said: dict[str, Any] = {"file": reading.name(finding.file), "hash": finding.file, "kind": finding.kind}
        said["shows"] = [label(kind) for kind, _ in finding.records]
        if finding.error is not None:
            error = finding.error
            said["error"] = {"stage": error.stage, "code": error.code, "requirement": error.requirement}
            said["error"] |= {"message": error.message, "where": error.where}
        files.append(said)
    return {"files": files, "judged": [label(kind) for kind, _ in reading.shown.judged], "left_out": reading.left_out}


def show(reading: Reading) -> None:
    """Say what each file shows, and which show nothing and why."""
    findings = sorted(reading.shown.findings, key=lambda one: reading.name(one.file))
    good = [one for one in findings if one.error is None]
    width = max((len(reading.name(one.file)) for one in findings), default=0)
    for one in good:
        say(f"  {reading.name(one.file).ljust(width)}  {_what(one)}")
    if reading.shown.judged:
        say(f"  {'all together'.ljust(width)}  {_records([kind for kind, _ in reading.shown.judged])}")
    bad = [one for one in findings if one.error is not None]
    if bad:
        say(f"{count(len(bad), 'file')} that {'shows' if len(bad) == 1 else 'show'} nothing:")
        for one in bad:
            say(f"  {reading.name(one.file).ljust(width)}  {printable(str(one.error))}")
    if reading.left_out:
        say(faint(f"{count(reading.left_out, 'other file')} in the folders: of no kind that evidence has"))


def _what(finding: Finding) -> str:
    kind = kinds.words(finding.kind)
    if not finding.records:
        return f"{kind}, for others"
    return f"{kind}: {_records([kind for kind, _ in finding.records])}"


def _records(types: Sequence[RecordType]) -> str:
    said = []
    for kind in RecordType:
        number = types.count(kind)
        if number:
            plural = {"beneficiary": "beneficiaries"}.get(label(kind), label(kind) + "s")
            said.append(f"{number} {label(kind) if number == 1 else plural}")
    return ", ".join(said)


def aside_lines(reading: Reading | None, epoch: Epoch, aside: SetAside) -> str:
    """A record that was set aside, in words, with what its evidence has to say."""
    text = aside_text(*aside)
    why = reading.reason(epoch.records(RecordType(aside.type))[aside.place]) if reading else ""
    return f"{text} {why}" if why and aside.reason in _REFUSED else text


_REFUSED = (17, 18)
"""evidence-missing, evidence-invalid (STL-020)."""
