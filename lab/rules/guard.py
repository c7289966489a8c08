"""Holds rules to being pure: what their source may not use, what they may not call, and how long they may take."""

from __future__ import annotations

import ast
import ctypes
import importlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any, Final

SECONDS: Final = 10.0
"""How long one call of a rule may take."""

IMPURE: Final = frozenset(
    {
        *("asyncio", "ctypes", "datetime", "gc", "glob", "inspect", "io", "locale", "multiprocessing", "os", "pathlib"),
        *("pickle", "platform", "queue", "random", "requests", "secrets", "select", "shutil", "signal", "socket"),
        *("sqlite3", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid", "weakref"),
    }
)
"""Modules that give a function more than its arguments."""
IMPURE_CALLS: Final = frozenset(
    ["open", "input", "print", "exec", "eval", "compile", "__import__", "id", "hash", "globals", "vars"]
)
"""Builtins that do."""
INEXACT: Final = frozenset({"math", "cmath", "decimal", "numpy", "statistics"})
"""Modules that compute with numbers that are rounded; math.isqrt, comb and gcd are exact, and so allowed."""
EXACT_MATH: Final = frozenset(["isqrt", "comb", "perm", "gcd", "lcm", "factorial", "prod"])
_CLOCKS: Final[dict[str, tuple[str, ...]]] = {
    "time": ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time"),
    "random": ("random", "randint", "randrange", "choice", "shuffle", "getrandbits", "uniform"),
    "os": ("urandom", "getpid", "listdir"),
    "builtins": ("open", "input"),
}


class Impure(Exception):
    """A rule used what is not in its arguments."""


class Endless(BaseException):
    """A rule took longer than it may. No subclass of Exception, so that a rule doesn't catch it by chance."""


def faults(source: str, name: str) -> list[tuple[int, str, str]]:
    """(line, property, sentence) of what a rule's source uses that no rule may: `pure` or `integers`."""
    found: list[tuple[int, str, str]] = []
    for node in ast.walk(ast.parse(source, name)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            exact = isinstance(node, ast.ImportFrom) and all(alias.name in EXACT_MATH for alias in node.names)
            for module in named:
                top = module.split(".")[0]
                if top in IMPURE:
                    found.append((line, "pure", f"imports {module}: a rule knows its arguments and nothing else"))
                elif top in INEXACT and not (top == "math" and (exact or isinstance(node, ast.Import))):
                    found.append((line, "integers", f"imports {module}, which rounds"))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in IMPURE_CALLS:
                found.append((line, "pure", f"calls {node.func.id}(): the result isn't the same everywhere"))
            elif node.func.id in ("float", "round", "complex"):
                found.append((line, "integers", f"calls {node.func.id}()"))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "math":
            if node.attr not in EXACT_MATH:
                found.append((line, "integers", f"uses math.{node.attr}, which rounds"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append((line, "integers", f"has the number {node.value}; amounts are integers"))
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            found.append((line, "integers", "divides with /, which rounds; // floors"))
    return sorted(set(found))


class _Watch:
    """One thread that ends calls which take too long, by raising Endless inside them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: float | None = None
        self._target = 0
        self._fired = False
        self._thread: threading.Thread | None = None

    def begin(self, seconds: float) -> None:
        with self._lock:
            self._until = monotonic() + seconds
            self._target = threading.get_ident()
            self._fired = False
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def end(self) -> None:
        with self._lock:
            self._until = None
            if self._fired:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._target), None)

    def _run(self) -> None:
        while True:
            sleep(0.05)
            with self._lock:
                if self._until is not None and monotonic() > self._until and not self._fired:
                    self._fired = True
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._target), ctypes.py_object(Endless))


_WATCH = _Watch()
_ACTIVE = threading.local()


def _guarded(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        if getattr(_ACTIVE, "on", False):
            raise Impure(f"calls {name}(): a rule knows its arguments and nothing else")
        return function(*arguments, **options)

    return call


@contextmanager
def clocks_stopped() -> Iterator[None]:
    """Put a guard before what tells time, chance or the file system; it lets everybody through but a rule."""
    saved: list[tuple[Any, str, Any]] = []
    try:
        for module_name, names in _CLOCKS.items():
            module = importlib.import_module(module_name)
            for name in names:
                original = getattr(module, name, None)
                if original is not None:
                    saved.append((module, name, original))
                    setattr(
                        module, name, _guarded(original, name if module_name == "builtins" else f"{module_name}.{name}")
                    )
        yield
    finally:
        for module, name, original in saved:
            setattr(module, name, original)


@contextmanager
def pure(seconds: float = SECONDS) -> Iterator[None]:
    """A call of a rule: watched for time, and Impure for what the guard stands before. Not to be nested."""
    _ACTIVE.on = True
    _WATCH.begin(seconds)
    try:
        yield
    finally:
        _ACTIVE.on = False
        _WATCH.end()
