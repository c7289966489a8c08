"""Which checks the loads and stores of a block need, and which earlier ones have made for them.

A check is on a *window*: bytes at offsets `low` to `high` from a register's value. Accesses of one block by the same
value of the same register are checked together, before the first. What was checked stays true until the register is
changed, along every path from the check. A check that fails costs time, never correctness: the stepper takes over.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from ..decode import Instruction
from ..state import PAGE_SIZE
from .blocks import Block
from .semantics import LOADS, STORES


class Kind(IntEnum):
    """What is known of a window."""

    INSIDE = 0
    """All of it, and the register's value itself, lies below 2^32."""
    WRITTEN = 1
    """The pages of its first and last byte are marked as written; it isn't longer than a page."""
    SEEN = 2
    """The pages of its first and last byte are marked as seen; it isn't longer than a page."""


_KINDS = tuple(Kind)
Window = tuple[int, int]
Facts = dict[tuple[int, Kind], Window]
"""What is known, by register and kind."""


class Check(NamedTuple):
    """That something must hold of a window around a register's value."""

    kind: Kind
    register: int
    window: Window


@dataclass(slots=True)
class Plan:
    """The checks that a block makes."""

    early: list[Check]
    """At its head: by registers that the block hasn't changed before the access."""
    late: dict[int, list[Check]]
    """Before the instruction at a position."""


def _covers(known: Window | None, needed: Window) -> bool:
    return known is not None and known[0] <= needed[0] and needed[1] <= known[1]


def _demands(instruction: Instruction, track: bool) -> tuple[Window, list[Kind]] | None:
    """The window that an instruction accesses and what must be known of it, or None if it accesses nothing."""
    name = instruction.mnemonic
    if name in LOADS:
        size = LOADS[name][1]
        kinds = [Kind.INSIDE, Kind.SEEN] if track else [Kind.INSIDE]
    elif name in STORES:
        size = STORES[name][1]
        kinds = [Kind.INSIDE, Kind.WRITTEN]
    else:
        return None
    return (instruction.immediate, instruction.immediate + size), kinds


def plan(block: Block, facts: Facts, track: bool) -> tuple[Plan, Facts]:
    """The checks that a block makes, given what is known before it; and what is known after it."""
    windows = _together(block, track)
    known = dict(facts)
    made = Plan([], {})
    changed: set[int] = set()
    for position, instruction in enumerate(block.body):
        demands = _demands(instruction, track)
        if demands is not None:
            (low, high), kinds = demands
            base = instruction.rs1
            for kind in kinds:
                needed = (min(low, 0), max(high, 1)) if kind is Kind.INSIDE else (low, high)
                if not _covers(known.get((base, kind)), needed):
                    window = known[base, kind] = windows[position][kind]
                    checks = made.late.setdefault(position, []) if base in changed else made.early
                    checks.append(Check(kind, base, window))
        _forget(known, instruction)
        changed.add(instruction.rd)
    if block.last is not None:
        _forget(known, block.last)
    return made, known


def _forget(known: Facts, instruction: Instruction) -> None:
    """Drop, or carry over, what is known when an instruction changes a register."""
    target = instruction.rd
    if not target:
        return
    moved: Facts = {}
    if instruction.mnemonic == "addi" and instruction.rs1:
        by = instruction.immediate
        for kind in _KINDS:
            window = known.get((instruction.rs1, kind))
            if window is not None:
                low, high = window[0] - by, window[1] - by
                if kind is not Kind.INSIDE or low <= 0 < high:
                    moved[target, kind] = (low, high)
    for kind in _KINDS:
        known.pop((target, kind), None)
    known.update(moved)


def _together(block: Block, track: bool) -> list[dict[Kind, Window]]:
    """For each instruction, the windows of all accesses by the value that its base register has there."""
    group: dict[int, dict[Kind, Window]] = {}
    groups: list[dict[Kind, Window]] = []
    for instruction in block.body:
        demands = _demands(instruction, track)
        mine = group.setdefault(instruction.rs1, {}) if demands else {}
        if demands:
            (low, high), kinds = demands
            for kind in kinds:
                old = mine.get(kind)
                if kind is Kind.INSIDE:
                    old = old or (0, 1)
                    mine[kind] = (min(old[0], low), max(old[1], high))
                elif old is None:
                    mine[kind] = (low, high)
                elif max(old[1], high) - min(old[0], low) <= PAGE_SIZE:
                    mine[kind] = (min(old[0], low), max(old[1], high))
                else:
                    # Too wide for two pages: what follows is a group of its own.
                    mine = group[instruction.rs1] = {**mine, kind: (low, high)}
        groups.append(mine)
        if instruction.rd:
            group.pop(instruction.rd, None)
    return groups
