"""The exit codes of `tracework`: stable, the same for every command, listed in its help and in README.md."""

from __future__ import annotations

from typing import Final

GOOD: Final = 0
"""Accepted, valid, equal, done."""
BAD: Final = 1
"""Refuted, invalid, different; for `run`: the program failed."""
UNUSABLE: Final = 2
"""Nothing was decided: wrong usage, unreadable input, or this computer couldn't (disk full, no memory)."""
OPEN: Final = 3
"""Inconclusive or incomplete; for `run`: out of steps."""
BUG: Final = 70
"""Nothing was decided: a bug in tracework."""
INTERRUPTED: Final = 130
"""Stopped by Ctrl-C, as the shell counts it."""
BROKEN_PIPE: Final = 141
"""Whoever read the output went away, as the shell counts it."""

MEANINGS: Final[dict[int, str]] = {
    GOOD: "accepted or valid",
    BAD: "refuted or invalid",
    UNUSABLE: "wrong usage or unreadable input; nothing was decided",
    OPEN: "inconclusive or incomplete",
}
"""What help shows, unless a command says more exactly what one means there."""
