"""Ctrl-C: long work is asked to stop in order, and stops at once when asked a second time."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """A list that gets an element at the first Ctrl-C; the second one interrupts as usual.

    Where interrupts are ignored, as in a shell's background jobs, they stay ignored.
    """
    asked: list[int] = []
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, before)

    if before in (signal.SIG_IGN, None):
        yield asked
        return
    try:
        signal.signal(signal.SIGINT, ask)
    except ValueError:  # not the main thread: nobody's Ctrl-C comes here
        yield asked
        return
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def stoppable(report: Callable[[int], None]) -> Iterator[Callable[[int], None]]:
    """The same report, which raises KeyboardInterrupt after Ctrl-C, in whatever thread it is called.

    Work in several threads is thereby stopped in all of them, instead of being waited for.
    """
    with interruptible() as asked:

        def stopping(done: int) -> None:
            if asked:
                raise KeyboardInterrupt
            report(done)

        yield stopping
