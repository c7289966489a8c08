"""The glue to wasmtime: configuration, instances, memory without copies, calls without overhead.

wasmtime is imported by `Runtime` and nowhere else. Guests reach nothing but their memory: no module imports a function,
none starts by itself, and translated functions import the two memories and nothing more.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from . import layout
from .stepper import core_module

if TYPE_CHECKING:
    import wasmtime

GUEST_BYTES = 1 << 32
_RESERVATION = 1 << 32


class EngineUnavailable(RuntimeError):
    """The engine can't run here: wasmtime is missing, or the address space that it needs can't be had."""


class EngineTrap(RuntimeError):
    """WebAssembly code trapped. It is written not to; whatever the cause, its memory can't be trusted any more."""


class Runtime:
    """wasmtime, configured, with the core modules compiled. Can be shared by threads and by any number of programs."""

    def __init__(self, cache: str | bool = False, direct_calls: bool = True, wide_arithmetic: bool = True) -> None:
        """Import and configure wasmtime.

        `cache` turns on wasmtime's own compilation cache: True for its default configuration, or the path of a
        configuration file. `direct_calls` and `wide_arithmetic` may be turned off to test what stands in for them.
        """
        try:
            import wasmtime
        except ImportError as error:
            raise EngineUnavailable(f"wasmtime can't be imported: {error}") from error
        self.wasmtime = wasmtime
        self.direct_calls = direct_calls
        config = wasmtime.Config()
        config.wasm_multi_memory = True
        config.wasm_threads = False
        config.wasm_simd = True
        config.wasm_relaxed_simd = False
        config.cranelift_opt_level = "speed"
        config.memory_reservation = _RESERVATION
        config.memory_may_move = False
        self.wide_arithmetic = wide_arithmetic and _set(config, "wasm_wide_arithmetic", True)
        _hint_branches(config)
        if cache:
            config.cache = cache
        self._engine = [wasmtime.Engine(config)]
        self._cores: dict[bool, wasmtime.Module] = {}
        # The wrapper's objects can't be freed any more when Python has taken its modules apart; that is not until exit
        # has called these.
        for held in (self._cores, self._engine):
            weakref.finalize(self, held.clear)

    @property
    def engine(self) -> wasmtime.Engine:
        """wasmtime's engine: the configuration, and what compiles."""
        return self._engine[0]

    def compile(self, module: bytes) -> wasmtime.Module:
        """Compile a module."""
        return self.wasmtime.Module(self.engine, module)

    def core(self, track: bool) -> wasmtime.Module:
        """The core module, compiled once."""
        module = self._cores.get(track)
        if module is None:
            module = self._cores[track] = self.compile(core_module(track, self.wide_arithmetic))
        return module


def _set(config: wasmtime.Config, name: str, value: bool) -> bool:
    """Set an option that other releases of wasmtime may lack; whether that worked."""
    try:
        setattr(config, name, value)
    except Exception:
        return False
    return True


def _hint_branches(config: wasmtime.Config) -> None:
    """Let the compiler heed branch hints, for speed alone. The wrapper has no option for it, only the library."""
    try:
        from wasmtime import _ffi

        _ffi.wasmtime_config_wasm_branch_hinting_set(config.ptr(), True)
    except Exception:
        return


class Instance:
    """One machine's memories and functions inside wasmtime."""

    def __init__(self, runtime: Runtime, track: bool, code_size: int) -> None:
        """Reserve the guest's 4 GiB and the control memory for `code_size` bytes of code."""
        wasmtime = runtime.wasmtime
        self._runtime = runtime
        self._store = wasmtime.Store(runtime.engine)
        try:
            instance = wasmtime.Instance(self._store, runtime.core(track), [])
            exports = instance.exports(self._store)
            guest, control = exports["guest"], exports["control"]
            assert isinstance(guest, wasmtime.Memory) and isinstance(control, wasmtime.Memory)
            control.grow(self._store, layout.code_pages(code_size))
        except (wasmtime.WasmtimeError, MemoryError, OSError) as error:
            raise EngineUnavailable(f"the engine's address space can't be reserved: {error}") from error
        functions = exports["functions"]
        assert isinstance(functions, wasmtime.Table)
        self._memories = [guest, control]
        self._functions = functions
        self.guest = self._view(guest, GUEST_BYTES)
        self.control = self._view(control, control.data_len(self._store))
        self.words = self.control[: len(self.control) & ~7].cast("I")
        """The control memory as 32-bit words."""
        run = exports["run"]
        assert isinstance(run, wasmtime.Func)
        self.run = self._caller(run)
        """Call the core module's `run`; the reason why it came back. EngineTrap if it trapped."""

    def _view(self, memory: wasmtime.Memory, size: int) -> memoryview:
        """A memory's bytes. The view keeps the store alive."""
        address = ctypes.addressof(memory.data_ptr(self._store).contents)
        array = (ctypes.c_ubyte * size).from_address(address)
        array.keep_alive = self._store  # type: ignore[attr-defined]  # ctypes' arrays take any attribute
        return memoryview(array).cast("B")

    def add_functions(self, functions: Iterable[tuple[wasmtime.Module, str, int]]) -> None:
        """Put translated functions, given by module and export, into the table at an index."""
        exports: dict[int, Any] = {}
        for module, name, index in functions:
            if id(module) not in exports:
                instance = self._runtime.wasmtime.Instance(self._store, module, self._memories)
                exports[id(module)] = instance.exports(self._store)
            self._functions.set(self._store, index, exports[id(module)][name])

    def _caller(self, function: wasmtime.Func) -> Callable[[], int]:
        if self._runtime.direct_calls:
            try:
                return self._direct(function)
            except Exception:
                pass
        return self._wrapped(function)

    def _wrapped(self, function: wasmtime.Func) -> Callable[[], int]:
        """A call by the wrapper's public interface: about 30 microseconds."""
        store, failures = self._store, (self._runtime.wasmtime.Trap, self._runtime.wasmtime.WasmtimeError)

        def call() -> int:
            try:
                return int(function(store))
            except failures as error:
                raise EngineTrap(str(error)) from error

        return call

    def _direct(self, function: wasmtime.Func) -> Callable[[], int]:
        """A call by the C function that the wrapper has loaded, without its conversions: one or two microseconds."""
        from wasmtime import _ffi as ffi

        raw: Any = ffi
        call_unchecked = raw.wasmtime_func_call_unchecked
        context = self._store._context()
        pointer = ctypes.byref(function._func)
        values = (raw.wasmtime_val_raw_t * 1)()
        trap_class, error_class = self._runtime.wasmtime.Trap, self._runtime.wasmtime.WasmtimeError
        trap_pointer = ctypes.POINTER(raw.wasm_trap_t)

        def call() -> int:
            trap = trap_pointer()
            error = call_unchecked(context, pointer, values, 1, ctypes.byref(trap))
            if error:
                raise EngineTrap(str(error_class._from_ptr(error)))
            if trap:
                raise EngineTrap(str(trap_class._from_ptr(trap)))
            return int(values[0].i32)

        return call
