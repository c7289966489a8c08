"""Planted faults: does the suite catch an implementation that is wrong in one line?

`python -m tracework.conformance.faults [--family NAME] [FAULT...]` copies our implementation, puts one fault of the
list in planted.toml into the copy, and runs the suite against it, for each fault in turn. A fault that no case catches
is a hole in the suite.
"""

from __future__ import annotations

import importlib.resources
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..process import AdapterFault
from ..runner import Options, Report, conform
from ..suite import Selection

OPERATIONS: Mapping[str, Sequence[str]] = {
    "encoding": ("encoding.*",),
    "hashing": ("hashing.*",),
    "trees": ("merkle.*", "memory.*", "trace.*"),
    "machine": ("machine.*",),
    "loading": ("loading.*",),
    "keys": ("keys.*",),
    "objects": ("unit.*", "claim.*"),
    "segments": ("segment.*",),
    "draws": ("draws.*",),
    "many": ("commit.*", "receipt.*", "attestation.*", "registry.*", "redundancy.*", "equivocation.*"),
    "audits": ("beacon.*", "receipt.slots", "audit.*"),
    "disputes": ("fault.*", "dispute.*"),
    "silence": ("silence.*",),
    "settlement": ("settlement.epoch", "settlement.settle", "settlement.check", "rewards.*", "payout.*"),
    "evidence": ("settlement.shown", "settlement.file", "settlement.refused", "fault.committed"),
}
"""Family to the operations whose cases are run."""

_FOLDERS = ("protocol", "verifier", "conformance")
"""What the copy holds: our adapter, and all that it imports."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of a file (below the package) and what it is replaced by; `why` says what the mistake is."""

    family: str
    name: str
    file: str
    line: str
    wrong: str
    why: str

    @property
    def ops(self) -> Sequence[str]:
        """Patterns of the operations whose cases are run against it."""
        return OPERATIONS[self.family]


def _read() -> tuple[Fault, ...]:
    text = (importlib.resources.files(__package__) / "planted.toml").read_text(encoding="utf-8")
    return tuple(Fault(**row) for row in tomllib.loads(text)["fault"])


PLANTED = _read()
"""The list."""


@dataclass(frozen=True, slots=True)
class Caught:
    """What became of one fault: the ids of the cases that caught it, or how the adapter failed as a whole."""

    fault: Fault
    cases: tuple[str, ...]
    broken: str = ""

    @property
    def caught(self) -> bool:
        """Whether the suite noticed."""
        return bool(self.cases or self.broken)


def families() -> list[str]:
    """Names of the families, in order."""
    return list(dict.fromkeys(fault.family for fault in PLANTED))


def planted(names: Sequence[str] = (), family: str | None = None) -> list[Fault]:
    """The faults of those names and that family; all by default. Raises ValueError for a name that there isn't."""
    known = {fault.name: fault for fault in PLANTED}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"no such fault: {', '.join(unknown)}")
    chosen = [known[name] for name in names] or list(PLANTED)
    return [fault for fault in chosen if family is None or fault.family == family]


def try_fault(fault: Fault, *, jobs: int = 1) -> Caught:
    """Plant a fault in a fresh copy and run its family's cases against it."""
    with tempfile.TemporaryDirectory(prefix="tracework-fault-") as folder:
        _copy(Path(folder))
        plant(fault, Path(folder))
        try:
            report = _run(Path(folder), Selection(ops=fault.ops), jobs)
        except AdapterFault as error:
            return Caught(fault, (), str(error))
        return Caught(fault, tuple(_failed(report)))


def conforms(ops: Sequence[str], *, jobs: int = 1) -> bool:
    """Whether a copy without any fault passes: if not, catching a fault in one would mean nothing."""
    with tempfile.TemporaryDirectory(prefix="tracework-fault-") as folder:
        _copy(Path(folder))
        return _run(Path(folder), Selection(ops=ops), jobs).ok


def plant(fault: Fault, folder: Path) -> None:
    """Put the fault into the copy; ValueError unless the line that it changes is there exactly once."""
    path = folder / "tracework" / fault.file
    text = path.read_text(encoding="utf-8")
    if text.count(fault.line) != 1:
        raise ValueError(f"{fault.name}: {fault.file} has {text.count(fault.line)} times: {fault.line}")
    path.write_text(text.replace(fault.line, fault.wrong), encoding="utf-8")


def _copy(folder: Path) -> None:
    package = folder / "tracework"
    package.mkdir()
    with importlib.resources.as_file(importlib.resources.files("tracework")) as source:
        shutil.copy(source / "__init__.py", package)
        for name in _FOLDERS:
            shutil.copytree(source / name, package / name, ignore=shutil.ignore_patterns("__pycache__", "generate"))


def _run(folder: Path, selection: Selection, jobs: int) -> Report:
    """Run the suite against the copy: its folder comes first on the adapter's path."""
    script = f"import sys; sys.path.insert(0, {str(folder)!r}); import runpy; {_START}"
    command = [sys.executable, "-B", "-c", script]
    return conform(command, Options(selection=selection, jobs=jobs, timeout=10.0, give_up=5))


_START = "runpy.run_module('tracework.conformance.adapter', run_name='__main__')"


def _failed(report: Report) -> Iterator[str]:
    for result in report.results:
        if result.outcome not in ("passed", "unsupported"):
            yield result.case.id
    yield from (f"({complaint})" for complaint in report.complaints)


def available_jobs() -> int:
    """Processors to use by default."""
    return min(2, os.cpu_count() or 1)
