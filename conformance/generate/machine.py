"""Vectors for the machine: decoding, every instruction, every undefined case, faults, state hashes, whole runs."""

from __future__ import annotations

from collections.abc import Iterable

from . import Case, VectorFile
from . import _machine_decode as decoding
from . import _machine_faults as faults
from . import _machine_instructions as instructions
from . import _machine_points as points
from . import _machine_runs as runs
from ._machine import MODEL, QEMU


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        _steps("registers", "Instructions of two registers, the M extension's too", instructions.registers(), QEMU),
        _steps("immediates", "Instructions of a register and an immediate", instructions.immediates(), QEMU),
        _steps("jumps", "Jumps and branches", instructions.jumps()),
        _steps("memory", "Loads and stores that pass their checks", instructions.memory()),
        _steps("system", "fence, ecall, ebreak, and the count of steps", instructions.system()),
        _steps("fetch", "Program counters of all kinds", faults.fetches()),
        _steps("access-faults", "Loads and stores that fail, and those one byte away from it", faults.accesses()),
        _steps("priorities", "Which fault comes first", faults.priorities()),
        _steps("witness", "Steps over the pages of a witness", faults.witnesses()),
        _steps(
            "points",
            "Every point that the ISA leaves open, but those that are whole runs",
            [
                *points.memory(),
                *points.words(),
                *points.control(),
                *points.arithmetic(),
                *points.environment(),
            ],
        ),
        _file("decode", "machine.decode", "Every row of the decode table at its extremes", decoding.legal(), MODEL),
        _file("illegal", "machine.decode", "Words that are no instruction", decoding.illegal(), MODEL),
        _file("state-hash", "machine.state-hash", "State hashes and their preimages", runs.state_hashes(), MODEL),
        _file("run", "machine.run", "Whole runs, with the hash at every boundary", runs.runs(), MODEL),
    ]


def _steps(name: str, title: str, cases: Iterable[Case], checked_by: str = MODEL) -> VectorFile:
    return _file(name, "machine.step", title, cases, checked_by)


def _file(name: str, op: str, title: str, cases: Iterable[Case], checked_by: str) -> VectorFile:
    return VectorFile(name=name, op=op, title=title, checked_by=checked_by, cases=list(cases))
