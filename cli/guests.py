"""What a guest program did, in words for whoever ran it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..protocol.machine.state import Fault, Status
from ..protocol.work.claim import Claim
from .console import count, faint, printable

FAULTS: Final[dict[Fault, str]] = {
    Fault.ILLEGAL_INSTRUCTION: "it came to a word that is no instruction of this machine",
    Fault.BREAKPOINT: "it came to an ebreak: an abort, or a failed assertion",
    Fault.UNKNOWN_ECALL: "it made a system call that this machine doesn't have",
    Fault.OUTPUT_TOO_LONG: "it declared an output of over 2^30 bytes",
    Fault.MISALIGNED_JUMP: "it jumped to an address that is no multiple of 4",
    Fault.FETCH_FAULT: "it jumped out of its code",
    Fault.LOAD_FAULT: "it read outside of the memory",
    Fault.STORE_FAULT: "it wrote outside of the memory",
    Fault.STORE_TO_CODE: "it wrote to its own code",
    Fault.STORE_TO_INPUT: "it wrote to its input, which is read-only",
}
"""What a program did to earn a fault."""


def failure(claim: Claim) -> str | None:
    """A sentence about a claimed run that was no success; None if it halted with exit code 0."""
    body = claim.body
    steps = count(body.steps, "step", exact=True)
    match body.status:
        case Status.HALTED:
            return f"the program ended with exit code {body.code}, after {steps}" if body.code else None
        case Status.FAULTED:
            fault = Fault(body.code)
            return (
                f"the program faulted ({fault.label}) in its last step, {body.steps - 1}, at pc"
                f" 0x{claim.openings.pc:x}: {FAULTS[fault]}"
            )
        case _:
            return f"the program was cut off after {steps}, the unit's limit: it did not finish"


class DebugText:
    """Shows a guest's debug text line by line; what a guest prints can't take over the terminal."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._rest = b""

    def __call__(self, text: bytes) -> None:
        """Take what one call printed."""
        *complete, self._rest = (self._rest + text).split(b"\n")
        for line in complete:
            self._put(line)
        if len(self._rest) > 4096:
            self.close()

    def close(self) -> None:
        """Show what was printed without a line's end."""
        if self._rest:
            self._put(self._rest)
            self._rest = b""

    def _put(self, line: bytes) -> None:
        self._show(faint("guest: ") + printable(line.decode("utf-8", "replace")))
