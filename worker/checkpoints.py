"""Checkpoints: a run's state at a segment boundary, as one file that proves itself against the run's leaves.

A file is the length of its header (8 bytes, little-endian), the header (CBOR), and the content of the pages that the
header names. Only pages that differ from program and input are in it. Nothing in a checkpoint is believed: state and
memory together have the hash that the leaf at the checkpoint's boundary is, or the checkpoint isn't used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from blake3 import blake3

from ..protocol.encoding.schema import Bytes, Record, Uint, decode_object, encode_object, keyed, record
from ..protocol.errors import ProtocolError
from ..protocol.hashing import DIGEST_SIZE
from ..protocol.machine.context import Context
from ..protocol.machine.state import MachineState, state_hash
from ..protocol.trees import memory, trace
from ..protocol.trees.memory import PAGE_SIZE, MemoryTree
from ..protocol.work.claim import REGISTERS_SIZE, pack_registers, unpack_registers

_LENGTH = struct.Struct("<Q")
_PAGE_LIMIT = 1 << memory.HEIGHT
_DIGEST = Bytes(DIGEST_SIZE)
_NUMBERS = Bytes(0, 4 * _PAGE_LIMIT, multiple=4)

ZERO_PAGE: Final = memoryview(bytes(PAGE_SIZE))
"""The content of a page that is all zero."""


class Damaged(Exception):
    """A checkpoint that can't be used; another one, or the beginning, can."""


@record(kind="tracework/checkpoint")
class Header(Record):
    """What precedes the pages in a checkpoint's file."""

    unit: bytes = keyed(2, _DIGEST)
    """The unit's id."""
    leaf_count: int = keyed(3, Uint(1, 1 << trace.MAX_HEIGHT))
    """Leaves up to this boundary: the last of them is this state's hash."""
    leaves: bytes = keyed(4, _DIGEST)
    """BLAKE3 of these leaves, so that damage to any of them is seen before it is built on."""
    pc: int = keyed(5, Uint())
    registers: bytes = keyed(6, Bytes(REGISTERS_SIZE))
    pages: bytes = keyed(7, _NUMBERS)
    """Numbers of the pages whose content follows, ascending, 4 bytes each, little-endian."""
    zero_pages: bytes = keyed(8, _NUMBERS)
    """Numbers of the pages that are all zero, and were not so in the program's image."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state between two segments, with the pages that differ from program and input."""

    unit: bytes
    leaf_count: int
    leaves_digest: bytes
    state: MachineState
    pages: Mapping[int, memoryview]
    """Page number to content, ascending."""

    @property
    def segment(self) -> int:
        """The segment that begins here."""
        return self.leaf_count - 1

    def check(self, context: Context, tree: MemoryTree, leaf: bytes) -> None:
        """Raise Damaged unless this is the state that `leaf` is the hash of.

        `tree` is the memory tree of program and input, and becomes that of this state: also if the check fails.
        """
        if self.pages:
            tree.update({number: memory.hash_page(content) for number, content in self.pages.items()})
        if state_hash(context.hash, self.state, tree.root) != leaf:
            raise Damaged("state and memory have another hash than the trace's leaf")


def file_name(leaf_count: int) -> str:
    """The name of the checkpoint after so many leaves; names sort as the checkpoints do."""
    return f"checkpoint-{leaf_count:07d}.bin"


def leaves_digest(leaves: Iterable[bytes] | memoryview) -> bytes:
    """What a checkpoint's header holds of the leaves before it."""
    return blake3(leaves if isinstance(leaves, memoryview) else b"".join(leaves)).digest()


def encode_header(
    unit: bytes, leaves: bytes, leaf_count: int, state: MachineState, pages: Sequence[int], zero_pages: Sequence[int]
) -> bytes:
    """The beginning of a checkpoint's file; the content of `pages` follows."""
    header = encode_object(
        Header(
            unit=unit,
            leaf_count=leaf_count,
            leaves=leaves,
            pc=state.pc,
            registers=pack_registers(state.registers),
            pages=struct.pack(f"<{len(pages)}I", *pages),
            zero_pages=struct.pack(f"<{len(zero_pages)}I", *zero_pages),
        )
    )
    return _LENGTH.pack(len(header)) + header


def read_checkpoint(data: bytes | memoryview, segment_log2: int) -> Checkpoint:
    """The checkpoint that a file's content is. Raises Damaged; `Checkpoint.check` has yet to be called."""
    view = memoryview(data)
    if len(view) < _LENGTH.size:
        raise Damaged("the file ends too early")
    begin = _LENGTH.size + _LENGTH.unpack_from(view)[0]
    if begin > len(view):
        raise Damaged("the file ends too early")
    try:
        header = decode_object(Header, bytes(view[_LENGTH.size : begin]))
    except ProtocolError as error:
        raise Damaged(str(error)) from error
    full, zero = _numbers(header.pages), _numbers(header.zero_pages)
    if len(view) != begin + PAGE_SIZE * len(full):
        raise Damaged("the file has another length than its header says")
    pages = dict(zip(full, _split(view[begin:]), strict=True))
    pages.update((number, ZERO_PAGE) for number in zero)
    if len(pages) != len(full) + len(zero):
        raise Damaged("a page is there twice")
    state = MachineState(header.pc, unpack_registers(header.registers), (header.leaf_count - 1) << segment_log2)
    return Checkpoint(header.unit, header.leaf_count, header.leaves, state, dict(sorted(pages.items())))


def _numbers(data: bytes) -> tuple[int, ...]:
    numbers = struct.unpack(f"<{len(data) // 4}I", data)
    if numbers and max(numbers) >= _PAGE_LIMIT:
        raise Damaged("a page number is out of range")
    return numbers


def _split(view: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(view), PAGE_SIZE):
        yield view[start : start + PAGE_SIZE]


def thin(segments: Sequence[int], most: int) -> list[int]:
    """Which of some ascending boundaries to give up so that at most `most` are left. The last is never given up.

    Always that one goes whose absence leaves the smallest gap, the earliest of several: boundaries that come at equal
    distances thereby end up at twice, four times, eight times that distance, and none is far from its place.
    """
    kept, dropped = [0, *segments], []
    while len(kept) - 1 > most:
        at = min(range(1, len(kept) - 1), key=lambda i: kept[i + 1] - kept[i - 1])
        dropped.append(kept.pop(at))
    return dropped
