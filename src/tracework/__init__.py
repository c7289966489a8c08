"""Tracework: provable computation for DePIN networks.

The parts are `tracework.protocol` (what all parties agree on), `tracework.verifier` (judges evidence),
`tracework.worker` (produces it), `tracework.conformance` (the suite's runner), `tracework.lab` (reward rules) and
`tracework.cli`. Importing this package loads none of them: each loads when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0.dev0"

_PARTS = ("cli", "conformance", "lab", "protocol", "verifier", "worker")

__all__ = ["__version__", "cli", "conformance", "lab", "protocol", "verifier", "worker"]


def __getattr__(name: str) -> ModuleType:
    """Load a part at its first use, so that `import tracework` stays nearly free."""
    if name in _PARTS:
        return import_module("." + name, __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PARTS})
