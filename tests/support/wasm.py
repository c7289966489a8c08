"""Whether the engine runs here. No conftest.py imports this.

wasmtime takes over the signals of its traps when it is first used. Pytest's fault handler must be in place before that,
or it takes them away again; and conftest files of folders that the command line names are imported before it is.
"""

from __future__ import annotations

import pytest

from tracework.worker.executors import choose

needs_engine = pytest.mark.skipif(choose().name != "wasm", reason=choose().warning or "the engine runs here")
