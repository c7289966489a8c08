"""The engine: RV64IM translated to WebAssembly and run under wasmtime. docs/engine.md tells how.

It is an executor like the reference interpreter, which is the definition; it need only be right where it is fast.
"""

from .executor import Engine, HostLimit, Limits
from .host import EngineTrap, EngineUnavailable, Runtime
from .translation import EngineCache, Tuning

__all__ = ["Engine", "EngineCache", "EngineTrap", "EngineUnavailable", "HostLimit", "Limits", "Runtime", "Tuning"]
