"""What a run may cost its host, and how often it stops to save itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..protocol.trees import memory
from ..protocol.trees.memory import PAGE_SIZE

_CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where Linux tells how much memory a container may use."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may cost its host. A run that would cost more ends without a claim, never with a status."""

    seconds: float | None = None
    """Time that this process may spend on executing."""
    memory: int | None = None
    """Bytes of pages that the guest may touch; None: three quarters of what the host has."""

    @property
    def pages(self) -> int:
        """The limit on memory in pages."""
        allowed = self.memory
        if allowed is None:
            allowed = 3 * _physical_memory() // 4
        return max(1, min(allowed // PAGE_SIZE, 1 << memory.HEIGHT))


@dataclass(frozen=True, slots=True)
class Pace:
    """When a run makes checkpoints: by the clock, and so that they cost but a small share of the time.

    The first comes after `least` seconds. Later ones are further apart, by `growth` of the time that the run has taken,
    up to `most` seconds; a kill costs no more than that. A checkpoint that took long to write is followed by a pause
    in which the run takes `1 / share` times as long.
    """

    least: float = 1.0
    growth: float = 1 / 64
    most: float = 300.0
    share: float = 1 / 25

    def pause(self, elapsed: float, cost: float) -> float:
        """Seconds until the next checkpoint, when the run has taken `elapsed` and the last one `cost` seconds."""
        return max(self.least, min(self.growth * elapsed, self.most), cost / self.share if self.share else 0.0)


def _physical_memory() -> int:
    """Bytes of memory that this process can have at most; a modest guess where nobody tells."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        found = 4 << 30
    for path in _CONTAINER_LIMITS:
        try:
            # "max" where there is no limit
            found = min(found, int(Path(path).read_text()))
        except (OSError, ValueError):
            continue
    return found
