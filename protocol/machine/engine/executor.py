"""The engine: an executor that runs translated code, and leaves the unusual to the reference interpreter."""

from __future__ import annotations

import ctypes
import struct
import weakref
from collections.abc import Callable
from dataclasses import dataclass

from ..context import Context
from ..executor import DebugSink, FullMemory
from ..interpreter import Interpreter
from ..state import PAGE_BITS, PAGE_SIZE, MachineState, Status
from . import layout
from .host import EngineTrap, Instance
from .layout import Exit
from .translation import NEVER, EngineCache, Function

_SLICE = 1 << 26
"""Steps after which control comes back to Python in any case, for limits and interrupts."""
_SPILLED = struct.Struct("<32QQq")
_PAGES = 1 << 20


class HostLimit(RuntimeError):
    """The run would cost its host more than it allows. No status and no claim follows from that."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may cost its host; None is no limit. Both end it with a HostLimit."""

    memory: int | None = None
    """Bytes of pages that the guest has written, or that were there at the start."""
    expired: Callable[[], bool] | None = None
    """Whether the time is up: asked again and again during a run, at most a second of steps apart."""


class _Pages(dict[int, bytearray]):
    """The guest's memory inside WebAssembly as the interpreter wants it: page by page, fetched when first asked for."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        # The engine holds the interpreter, which holds this: the other way round, a cycle would keep the memory.
        self._engine = weakref.proxy(engine)

    def __missing__(self, number: int) -> bytearray:
        # The interpreter only indexes pages, cuts them and assigns to slices: a view does all that.
        page: bytearray = self._engine.present(number)
        self[number] = page
        return page


class Engine:
    """Steps one machine; see `executor.Executor`. `pages` is read, and never changed."""

    def __init__(
        self,
        context: Context,
        state: MachineState,
        pages: dict[int, bytearray],
        track_reads: bool = False,
        debug: DebugSink | None = None,
        *,
        cache: EngineCache | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Copy `pages` into a new WebAssembly memory. Raises EngineUnavailable where that can't be had."""
        self.state = state
        self._context, self._source, self._debug = context, pages, debug
        self._track_reads = track_reads
        # FullMemory iterates over all that is not zero. Any other memory is asked about each page that is reached.
        self._whole = isinstance(pages, FullMemory)
        self._track = track_reads or not self._whole
        self._cache = cache or EngineCache()
        self._limits = limits or Limits()
        self._first = state.copy()
        self._stand_in: Interpreter | None = None
        self._written: set[int] = set()
        self._touched: set[int] = set()
        self._ever: set[int] = set(pages)
        self._set_up()

    def _set_up(self) -> None:
        context, pages = self._context, self._source
        self._translation = self._cache.translation(context, self._track, pages)
        self._code_base = context.code_first << PAGE_BITS
        code_size = (context.code_end - context.code_first) << PAGE_BITS
        self._covered = layout.covered(code_size)
        instance = Instance(self._cache.runtime, self._track, code_size)
        self._instance, self._guest, self._control = instance, instance.guest, instance.control
        self._words = instance.words
        self._heat = layout.ENTRIES + self._covered
        code = (self._code_base, code_size, self._heat, self._covered)
        struct.pack_into("<4Q", self._control, layout.CODE_BASE, *code)
        for number, content in pages.blocks() if isinstance(pages, FullMemory) else pages.items():
            at = number << PAGE_BITS
            self._guest[at : at + len(content)] = content
        if self._track:
            if self._whole:
                address = ctypes.addressof(ctypes.c_ubyte.from_buffer(self._control, layout.PRESENT_MAP))
                ctypes.memset(address, 1, _PAGES)
            else:
                for number in pages:
                    self._control[layout.PRESENT_MAP + number] = 1
        self._functions: dict[int, Function] = {}
        self._known: tuple[Function, ...] = ()
        self._set_threshold(self._translation.threshold)
        # Made when it is needed, which for most machines is never.
        self._interpreter: Interpreter | None = None

    # Executor

    def run(self, until: int) -> None:
        """Step until `state.steps == until` or the state is final.

        An ExecutionError (a page that the witness lacks) leaves the state as it was before the step that raised it.
        Raises HostLimit if the limits don't allow as much; the state is then that of a step before `until`.
        """
        state = self.state
        if not state.steps <= until <= self._context.max_steps:
            raise ValueError(f"can't run from step {state.steps} to {until} of at most {self._context.max_steps}")
        if self._stand_in is not None:
            self._stand_in.state = state
            self._stand_in.run(until)
            return
        if state.final:
            return
        expired = self._limits.expired
        try:
            while not state.final and state.steps < until:
                if expired is not None and expired():
                    raise HostLimit(f"the run's time is up at step {state.steps}")
                self._run_slice(min(until, state.steps + _SLICE))
        except EngineTrap:
            self._replace(until)

    def written(self) -> list[int]:
        """Page numbers written since this was last asked, ascending; asking forgets them."""
        if self._stand_in is not None:
            self._written.update(self._stand_in.written())
        else:
            self._collect_written()
        pages = sorted(self._written)
        self._written.clear()
        return pages

    def touched(self) -> list[int]:
        """Page numbers fetched from, read or written since this was last asked (MCH-070); asking forgets them."""
        if not self._track_reads:
            raise ValueError("made without track_reads")
        if self._stand_in is not None:
            self._touched.update(self._stand_in.touched())
        else:
            self._collect_written()
            self._collect_seen()
        pages = sorted(self._touched)
        self._touched.clear()
        return pages

    def page(self, number: int) -> bytearray | memoryview:
        """The 4096 bytes of a page as they are now: a view, valid until the next `run`."""
        if self._stand_in is not None:
            return self._stand_in.page(number)
        if self._whole:
            at = number << PAGE_BITS
            return self._guest[at : at + PAGE_SIZE]
        return self.present(number)

    @property
    def trapped(self) -> bool:
        """Whether WebAssembly code has trapped, and the interpreter does everything since: a mistake in the engine."""
        return self._stand_in is not None

    # Memory

    def present(self, number: int) -> memoryview:
        """A view of a page, which is fetched from the memory given at the start if it isn't there yet."""
        at = number << PAGE_BITS
        view = self._guest[at : at + PAGE_SIZE]
        if not self._whole and not self._control[layout.PRESENT_MAP + number]:
            content = self._source[number]
            view[:] = content
            self._control[layout.PRESENT_MAP + number] = 1
            self._check_code(number, content)
        return view

    def _check_code(self, number: int, content: bytearray) -> None:
        """A code page has come: go on with another translation if this one was made from other code."""
        if self._context.code_first <= number < self._context.code_end:
            if self._translation.adopt({number: content}):
                return
            self._translation = self._cache.fresh(self._context, self._track)
            code = {
                n: self.present(n) for n in range(self._context.code_first, self._context.code_end) if self._is_there(n)
            }
            self._translation.adopt(code)

    def _is_there(self, number: int) -> bool:
        return bool(self._control[layout.PRESENT_MAP + number])

    def _take_list(self, count_at: int, list_at: int, map_at: int) -> list[int]:
        """The pages in a list that WebAssembly code keeps, which is emptied, and their bytes in the map with it."""
        count = self._words[count_at >> 2]
        if not count:
            return []
        pages = self._words[list_at >> 2 : (list_at >> 2) + count].tolist()
        control = self._control
        for page in pages:
            control[map_at + page] = 0
        self._words[count_at >> 2] = 0
        return pages

    def _collect_written(self) -> None:
        pages = self._take_list(layout.WRITTEN_COUNT, layout.WRITTEN_LIST, layout.WRITTEN_MAP)
        self._written.update(pages)
        if self._track_reads:
            self._touched.update(pages)
        if self._limits.memory is not None:
            self._ever.update(pages)

    def _collect_seen(self) -> None:
        self._touched.update(self._take_list(layout.SEEN_COUNT, layout.SEEN_LIST, layout.SEEN_MAP))

    def _allow_pages(self) -> None:
        """Tell the stepper how many more pages may be written before control has to come back."""
        limit = self._limits.memory
        if limit is None:
            self._words[layout.WRITTEN_LIMIT >> 2] = NEVER
            return
        self._collect_written()
        left = (limit >> PAGE_BITS) - len(self._ever)
        if left <= 0:
            raise HostLimit(
                f"the machine has more than {limit} bytes of memory in use, the limit, at step {self.state.steps}"
            )
        self._words[layout.WRITTEN_LIMIT >> 2] = left

    # Running

    def _run_slice(self, until: int) -> None:
        state, control = self.state, self._control
        self._synchronise()
        self._allow_pages()
        _SPILLED.pack_into(control, layout.REGISTERS, *state.registers, state.pc, until - state.steps)
        while True:
            reason = self._instance.run()
            if reason == Exit.HOT:
                self._translate_hot()
                continue
            *state.registers, state.pc, left = _SPILLED.unpack_from(control, layout.REGISTERS)
            state.steps = until - left
            if reason == Exit.DONE:
                if until == self._context.max_steps:
                    state.status = Status.OUT_OF_STEPS
                return
            if reason == Exit.FULL:
                self._allow_pages()
                continue
            self._reference_step()
            if state.final or state.steps == until:
                return
            self._synchronise()
            _SPILLED.pack_into(control, layout.REGISTERS, *state.registers, state.pc, until - state.steps)

    def _reference_step(self) -> None:
        """One step by the interpreter, on the same memory."""
        if self._interpreter is None:
            pages = _Pages(self)
            self._interpreter = Interpreter(self._context, self.state, pages, self._track, self._debug)
        interpreter = self._interpreter
        interpreter.state = self.state
        try:
            interpreter.run(self.state.steps + 1)
        finally:
            written = interpreter.written()
            self._written.update(written)
            if self._limits.memory is not None:
                self._ever.update(written)
            if self._track:
                self._touched.update(interpreter.touched())

    def _synchronise(self) -> None:
        """Take over what has been translated, here or by another machine, since this was last done."""
        functions = self._translation.functions
        if functions is self._known:
            return
        words = self._words
        for function in self._known:
            if function not in functions:
                for pc in function.entries:
                    words[(layout.ENTRIES + pc - self._code_base) >> 2] = 0
        fresh = [function for function in functions if self._functions.get(function.index) is not function]
        self._instance.add_functions([(function.module, function.name, function.index) for function in fresh])
        self._functions.update((function.index, function) for function in fresh)
        for function in functions:
            for pc, number in function.entries.items():
                words[(layout.ENTRIES + pc - self._code_base) >> 2] = function.index << layout.ENTRY_BITS | number
        self._known = functions

    def _translate_hot(self) -> None:
        """The stepper has found a hot block: have it translated, with all that it has met so far."""
        (pc,) = struct.unpack_from("<Q", self._control, layout.PC)
        first = self._heat >> 2
        words = self._words
        heat: list[tuple[int, int, bool]] = []
        empty = bytes(PAGE_SIZE)
        for at in range(0, self._covered, PAGE_SIZE):
            if self._control[self._heat + at : self._heat + at + PAGE_SIZE] != empty:
                begin = first + (at >> 2)
                for i, count in enumerate(words[begin : begin + (PAGE_SIZE >> 2)].tolist()):
                    if count:
                        heat.append((self._code_base + at + 4 * i, count & NEVER, count > NEVER))
                self._control[self._heat + at : self._heat + at + PAGE_SIZE] = empty
        if self._translation.extend(heat, pc):
            self._set_threshold(self._translation.threshold)
        else:
            self._set_threshold(NEVER)
        self._synchronise()

    def _set_threshold(self, threshold: int) -> None:
        self._words[layout.THRESHOLD >> 2] = threshold

    def _replace(self, until: int) -> None:
        """WebAssembly code has trapped: run everything again with the interpreter, from the start, and stay with it."""
        state = self.state
        interpreter = self._stand_in = Interpreter(
            self._context, self._first.copy(), self._source, self._track_reads, None
        )
        interpreter.run(until)
        again = interpreter.state
        state.pc, state.registers, state.steps = again.pc, again.registers, again.steps
        state.status, state.code = again.status, again.code
        interpreter.state = state
