"""Objects as people and programs read them: fields under their names, and what follows from them."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

from ..protocol.encoding.schema import Record
from ..protocol.errors import ProtocolError
from ..protocol.hashing import network_id
from ..protocol.keys import Identity, SecretKeyFile, verify_possession
from ..protocol.machine.context import Context
from ..protocol.machine.disassembly import REGISTER_NAMES
from ..protocol.machine.state import Fault, Status
from ..protocol.program import Program
from ..protocol.trees import trace
from ..protocol.work.claim import Claim, unpack_registers
from ..protocol.work.segment import Segment, SegmentProof
from ..protocol.work.unit import Unit

SHOWN: Final = 100
"""A byte string of more bytes is shortened in text."""
HIDDEN: Final = "not shown"
"""What stands in the place of a secret."""


View = dict[str, Any]
"""Names to values: integers, bytes, texts, booleans, lists and further views."""


def status_name(status: Status) -> str:
    """A status as the specification writes it: `out-of-steps`."""
    return status.name.lower().replace("_", "-")


def ending(status: Status, code: int) -> str:
    """How a run ended, in words."""
    match status:
        case Status.HALTED:
            return f"halted with exit code {code}"
        case Status.FAULTED:
            return f"faulted: {Fault(code).label}"
        case Status.OUT_OF_STEPS:
            return "ran out of steps"
        case _:
            return "still runs"


def fields(record: Record) -> View:
    """A record's fields under their names, nested records as views of their own; absent ones are left out."""
    view: View = {}
    for entry in record.ENTRIES:
        value = getattr(record, entry.name)
        if isinstance(record, SecretKeyFile) and entry.name == "secret":
            view[entry.name] = HIDDEN
        elif value is not None:
            view[entry.name] = _value(value)
    return view


def _value(value: Any) -> Any:
    if isinstance(value, Record):
        return fields(value)
    if isinstance(value, tuple):
        return [_value(element) for element in value]
    return value


def computed(record: Record) -> View:
    """What follows from an object's fields: ids, hashes, counts."""
    match record:
        case Unit():
            return _unit(record)
        case Claim():
            return _claim(record)
        case SegmentProof():
            return {**_claim(record.claim), "segments_proven": [_segment(record, part) for part in record.segments]}
        case Identity():
            return {"possession_proven": _proven(record)}
        case _:
            return _ids(record)


def _ids(record: Record) -> View:
    """The ids of an object that says of itself which it has."""
    view: View = {}
    for name in ("id", "hash"):
        value = getattr(record, name, None)
        if isinstance(value, bytes):
            view[name] = value
    unit = getattr(record, "unit", None) or getattr(getattr(record, "claim", None), "unit", None)
    if isinstance(unit, Unit):
        view |= _unit(unit)
    claim = getattr(getattr(record, "claim", None), "id", None)
    if isinstance(claim, bytes):
        view["claim_id"] = claim
    return view


def _unit(unit: Unit) -> View:
    view: View = {"unit_id": unit.id, "network_id": network_id(unit.body.network)}
    context = unit.body.context
    return view if context is None else view | _context(context)


def _context(context: Context) -> View:
    return {
        "program_id": context.program_id,
        "context_hash": context.hash,
        "initial_memory_root": context.initial_root,
        "segment_steps": 1 << context.segment_log2,
        "most_segments": trace.segment_count(context.max_steps, context.segment_log2),
        "trace_height": context.trace_height,
    }


def _claim(claim: Claim) -> View:
    return {
        "claim_id": claim.id,
        **_unit(claim.unit),
        "segments": claim.body.segments,
        "final_memory_root": claim.final_memory_root,
        "result": ending(claim.body.status, claim.body.code),
    }


def _segment(proof: SegmentProof, part: Segment) -> View:
    context, leaves = proof.claim.context, proof.leaf_map()
    first = part.index << context.segment_log2
    return {
        "segment": part.index,
        "from_step": first,
        "to_step": min(first + (1 << context.segment_log2), proof.claim.body.steps),
        "from_state": leaves[part.index],
        "to_state": leaves[part.index + 1],
        "pages": len(part.pages),
        "zero_pages": len(part.zero_pages),
    }


def _proven(identity: Identity) -> bool:
    try:
        verify_possession(identity.public, identity.possession)
    except ProtocolError:
        return False
    return True


def program_view(program: Program) -> View:
    """What the machine loads of an ELF file."""
    return {
        "entry": f"0x{program.entry:x}",
        "code_first": program.code_first,
        "code_end": program.code_end,
        "image_root": program.image_root,
        "pages": len(program.pages),
        "program_id": program.id,
    }


def lines(view: View, indent: int = 0) -> list[tuple[str, str]]:
    """A view as rows of name and text; views inside it are indented below their names."""
    rows: list[tuple[str, str]] = []
    for name, value in view.items():
        margin = "  " * indent
        if isinstance(value, dict):
            rows.append((margin + name, ""))
            rows += lines(value, indent + 1)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for position, element in enumerate(value):
                rows.append((f"{margin}{name}[{position}]", ""))
                rows += lines(element, indent + 1)
        else:
            rows.append((margin + name, text(name, value)))
    return rows


def text(name: str, value: Any) -> str:
    """One value in words and digits."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, IntEnum):
        return f"{int(value)} ({value.name.lower().replace('_', '-')})"
    if isinstance(value, bytes):
        return _registers(value) if name == "registers" else octets(value)
    if isinstance(value, list):
        return _list(value)
    return str(value)


def octets(value: bytes) -> str:
    """Bytes in hexadecimal, the middle left out if they are many."""
    if len(value) <= SHOWN:
        return value.hex() or "(none)"
    return f"{value[:16].hex()}…{value[-8:].hex()} ({len(value)} bytes)"


def _registers(data: bytes) -> str:
    """The registers that aren't zero, a few to a line."""
    pairs = [f"{REGISTER_NAMES[i]}=0x{value:x}" for i, value in enumerate(unpack_registers(data)) if value]
    return "\n".join("  ".join(pairs[i : i + 5]) for i in range(0, len(pairs), 5)) or "all zero"


def _list(values: list[Any]) -> str:
    if values and isinstance(values[0], int):
        return f"{ranges(values)} ({len(values)})"
    return "\n".join(octets(value) if isinstance(value, bytes) else str(value) for value in values) or "(none)"


def ranges(numbers: list[int]) -> str:
    """Ascending numbers, runs of them as `16-19`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] + 1 == number:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = [str(a) if a == b else f"{a}-{b}" for a, b in runs]
    return ", ".join(shown)
