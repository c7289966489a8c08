"""The context: all that the step function needs beside the state (spec/machine.md)."""

from __future__ import annotations

from dataclasses import dataclass

PROFILE = "rv64im"
"""The one machine profile of this version (MCH-001)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a state's hash binds beside the state itself (MCH-002). Pages are numbers of 4 KiB pages."""

    profile: str
    suite: int
    entry: int
    code_first: int
    code_end: int
    image_root: bytes
    input_length: int
    input_root: bytes
    max_steps: int
    segment_log2: int
