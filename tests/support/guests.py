"""The example and benchmark guests as their indexes list them, for tests that run or rebuild them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from tracework.worker.build import compiler_version

EXAMPLES = Path(str(resources.files("tracework"))) / "examples"


@dataclass(frozen=True)
class Guest:
    """One guest: its folder and its entry in the index."""

    name: str
    folder: Path
    entry: dict[str, Any]

    @property
    def sources(self) -> list[Path]:
        return [self.folder / source for source in self.entry["sources"]]

    @property
    def elf(self) -> bytes:
        program: str = self.entry["program"]
        return (self.folder / program).read_bytes()

    def __str__(self) -> str:
        return self.name


def guests(kind: str) -> list[Guest]:
    """All of one kind, `guests` or `benchmarks`."""
    return [Guest(name, EXAMPLES / kind / name, entry) for name, entry in index(kind)["guests"].items()]


def index(kind: str) -> dict[str, Any]:
    """The index of one kind."""
    return tomllib.loads((EXAMPLES / kind / "index.toml").read_text())


def wrong_compiler(kind: str) -> str | None:
    """Why the committed ELFs can't be rebuilt here; None if they can."""
    wanted, version = index(kind)["compiler"], compiler_version()
    if version is None:
        return "ziglang is not installed (pip install 'tracework[build]')"
    return None if wanted == f"ziglang {version}" else f"the committed ELFs are by {wanted}, here is ziglang {version}"
