"""Units with what it takes to run them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracework.protocol.keys import SecretKeyFile
from tracework.protocol.work.unit import Unit
from tracework.worker.limits import Pace
from tracework.worker.run import RunResult, run_unit
from tracework.worker.units import make_unit

NETWORK = "testnet"
EAGER = Pace(least=0, growth=0, share=0)
"""A checkpoint at every boundary."""


@dataclass
class Job:
    """A unit with what it takes to run it."""

    program: bytes
    given: bytes
    key: SecretKeyFile
    segment_log2: int = 12
    max_steps: int = 10**7
    unit: Unit = field(init=False)

    def __post_init__(self) -> None:
        self.unit = make_unit(
            program=self.program,
            input=self.given,
            key=self.key,
            network=NETWORK,
            segment_log2=self.segment_log2,
            max_steps=self.max_steps,
            price=3,
            nonce=bytes(32),
        )

    def run(self, folder: Path, **options: Any) -> RunResult:
        """Run it; with the reference interpreter unless another is asked for, so that times and steps are known."""
        options = {"engine": "reference", "key": self.key, "program": self.program, "input": self.given, **options}
        return run_unit(self.unit, folder, **options)
