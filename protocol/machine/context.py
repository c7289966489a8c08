"""The context: all that the step function needs beside the state (spec/unit.md, "Context")."""

from __future__ import annotations

import struct
from typing import Final

from .. import hashing
from ..encoding.schema import Bytes, Record, Text, Uint, encode_object, keyed, record
from ..errors import SemanticError
from ..hashing import DIGEST_SIZE
from ..trees import memory, trace

PROFILE: Final = "rv64im"
"""The one machine profile of this version (UNT-010)."""
INPUT_LIMIT: Final = 1 << 30
"""Longest input, and longest output, in bytes (MEM-005)."""

_PROGRAM = struct.Struct("<QQQ32s")
_LOW_PAGES = 1 << memory.IMAGE_HEIGHT


@record()
class Context(Record):
    """What a state's hash binds beside the state itself. Pages are numbers of 4 KiB pages; lengths are in bytes."""

    profile: str = keyed(0, Text(32, "[a-z0-9-]+"))
    """The machine: `rv64im`."""
    suite: int = keyed(1, Uint(1, 255))
    """The hash suite: 1."""
    entry: int = keyed(2, Uint(0, (1 << 31) - 1))
    """Address of the first instruction."""
    code_first: int = keyed(3, Uint(0, _LOW_PAGES - 1))
    """First code page."""
    code_end: int = keyed(4, Uint(1, _LOW_PAGES))
    """The page after the last code page."""
    image_root: bytes = keyed(5, Bytes(DIGEST_SIZE))
    """Root of the low subtree as the program's loading leaves it."""
    input_length: int = keyed(6, Uint(0, INPUT_LIMIT))
    """Length of the input in bytes."""
    input_root: bytes = keyed(7, Bytes(DIGEST_SIZE))
    """Root of the input's subtree."""
    max_steps: int = keyed(8, Uint(1))
    """The run is cut off after so many steps."""
    segment_log2: int = keyed(9, Uint(4, 24))
    """k: segments have 2^k steps."""

    def validate(self) -> None:
        """Raise SemanticError in the order of UNT-010 to UNT-014."""
        if self.profile != PROFILE:
            raise SemanticError(
                "unknown-profile",
                f"no machine profile {self.profile!r}",
                requirement="UNT-010",
                where="context.profile",
            )
        if self.suite != hashing.SUITE:
            raise SemanticError(
                "unknown-suite", f"no hash suite {self.suite}", requirement="UNT-011", where="context.suite"
            )
        if self.code_first >= self.code_end:
            raise SemanticError(
                "code-range", "the code pages end before they begin", requirement="UNT-012", where="context.code_end"
            )
        inside = self.code_first <= self.entry >> memory.PAGE_BITS < self.code_end
        if self.entry % 4 or not inside:
            raise SemanticError(
                "bad-entry",
                "the entry is no place in the code",
                requirement="UNT-013",
                where="context.entry",
            )
        if self.trace_height > trace.MAX_HEIGHT:
            raise SemanticError(
                "too-many-segments",
                f"{self.max_steps} steps in segments of 2^{self.segment_log2} need a trace tree of height"
                f" {self.trace_height}, over {trace.MAX_HEIGHT}",
                requirement="UNT-014",
                where="context.max_steps",
            )

    @property
    def trace_height(self) -> int:
        """Height of the trace tree of every claim on this context (TRC-003)."""
        return trace.height(self.max_steps, self.segment_log2)

    @property
    def hash(self) -> bytes:
        """The context's hash, which every state hash covers (UNT-015)."""
        return hashing.digest(hashing.CONTEXT, encode_object(self))

    @property
    def program_id(self) -> bytes:
        """What names the loaded program (LOD-042): entry, code pages and image root, whatever file they came from."""
        return program_id(self.entry, self.code_first, self.code_end, self.image_root)

    @property
    def initial_root(self) -> bytes:
        """The memory root of the entry state (MEM-006)."""
        return memory.join_regions(self.image_root, self.input_root, memory.zero_roots()[memory.REGION_HEIGHT])


def program_id(entry: int, code_first: int, code_end: int, image_root: bytes) -> bytes:
    """The digest that names a program as it is loaded: H_program over entry, code pages and image root (LOD-042)."""
    return hashing.digest(hashing.PROGRAM, _PROGRAM.pack(entry, code_first, code_end, image_root))
