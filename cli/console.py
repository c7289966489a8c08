"""What is printed, and how: plain text to files and pipes; colour and progress on terminals alone."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

import click

from .exits import UNUSABLE

if TYPE_CHECKING:
    from rich.progress import Progress


class OutputLost(click.ClickException):
    """Standard output takes no more."""

    exit_code = UNUSABLE


PATIENCE = 0.4
"""Seconds of work before a progress display is worth its start-up time."""
LINE_SECONDS = 2.0
"""Seconds between two lines of progress where there is no terminal."""


def coloured(stream: IO[str] | None) -> bool:
    """Whether to write colours to a stream: it is a terminal that knows them, and NO_COLOR is unset or empty."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not plain and is_terminal(stream)


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a stream is a terminal; one that is closed isn't."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def say(text: str = "") -> None:
    """Print a line on stdout: results. A disk that is full under it is a Failure, a reader who left BrokenPipeError."""
    try:
        click.echo(text, color=coloured(sys.stdout))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLost(f"standard output could not be written: {error.strerror}") from error


def note(text: str = "") -> None:
    """Print a line on stderr: errors and progress. A stderr that is closed or full changes nothing else."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            click.echo(text, err=True, color=coloured(sys.stderr))


def say_json(value: Any) -> None:
    """Print a value on stdout as one line of JSON, numbers and bytes spelled as in vectors (VEC-010, VEC-011)."""
    import json

    say(json.dumps(value, ensure_ascii=False))


def printable(text: str) -> str:
    """Text that can't take over a terminal: control characters written out, but for tabs and line ends."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def good(text: str) -> str:
    """In green, where there are colours."""
    return click.style(text, fg="green", bold=True)


def bad(text: str) -> str:
    """In red, where there are colours."""
    return click.style(text, fg="red", bold=True)


def unsure(text: str) -> str:
    """In yellow, where there are colours."""
    return click.style(text, fg="yellow", bold=True)


def faint(text: str) -> str:
    """In a weaker colour, where there are colours."""
    return click.style(text, dim=True)


def table(rows: Iterable[tuple[str, str]] | Mapping[str, str], indent: int = 2) -> None:
    """Print names and values in two columns."""
    pairs = list(rows.items() if isinstance(rows, Mapping) else rows)
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        first, *rest = value.split("\n")
        say(" " * indent + (faint(name.ljust(width)) + "  " + first if first else faint(name)))
        for line in rest:
            say(f"{' ' * (indent + width + 2)}{line}")


def count(number: float, noun: str = "", exact: bool = False) -> str:
    """A number as people read it, of things if it is told what one is called: `1 step`, `1,234`, `12.3 million steps`.

    All its digits if they are asked for.
    """
    text = f"{number:,.0f}"
    for limit, name in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if number >= limit and not exact:
            text = f"{number / limit:.3g}{name}"
            break
    return f"{text} {noun}{'' if text == '1' else 's'}" if noun else text


def size(number: int) -> str:
    """A number of bytes as people read it: `913 bytes`, `45.1 KiB`."""
    value = float(number)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            break
        value /= 1024
    return count(number, "byte") if unit == "bytes" else f"{value:.1f} {unit}"


def duration(seconds: float) -> str:
    """A time as people read it: `0.25 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


class Display:
    """Progress that is not shown; the other displays do more with what they are told."""

    def __init__(self, title: str, total: int | None, unit: str) -> None:
        self.title, self.total, self.unit = title, total, unit
        self._first: tuple[float, int] | None = None

    def advance(self, done: int) -> None:
        """Take note of how much is done."""

    def note(self, text: str) -> None:
        """Print a line on stderr, clear of the display."""
        note(text)

    def close(self) -> None:
        """Take the display away."""

    def _speed(self, done: int) -> str:
        """How fast it went since the beginning."""
        now = time.monotonic()
        if self._first is None:
            self._first = (now, done)
        begin, before = self._first
        return f"{count((done - before) / max(now - begin, 1e-9))} {self.unit}/s"


@contextmanager
def progress(title: str, total: int | None, unit: str, shown: bool | None = None) -> Iterator[Display]:
    """Show on stderr how far work has come: a bar on a terminal, lines elsewhere.

    `shown` is the user's wish; None shows it on terminals alone, and a dumb one is none. `total` may be unknown.
    """
    terminal = is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
    kind = Display if shown is False or (shown is None and not terminal) else _Bar if terminal else _Lines
    display = kind(title, total, unit)
    try:
        yield display
    finally:
        display.close()


class _Lines(Display):
    """Progress as a line now and then."""

    def __init__(self, title: str, total: int | None, unit: str) -> None:
        super().__init__(title, total, unit)
        self._next = time.monotonic() + LINE_SECONDS

    def advance(self, done: int) -> None:
        """Print how much is done, if it is time."""
        speed = self._speed(done)
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_SECONDS
            whole = f" of {count(self.total)}" if self.total is not None else ""
            self.note(f"{self.title}: {count(done)}{whole} {self.unit}, {speed}")


class _Bar(Display):
    """Progress as a bar, by rich, which is imported when the work has taken a moment."""

    def __init__(self, title: str, total: int | None, unit: str) -> None:
        super().__init__(title, total, unit)
        self._begin = time.monotonic()
        self._bar: Progress | None = None

    def advance(self, done: int) -> None:
        """Move the bar."""
        speed = self._speed(done)
        if self._bar is None:
            if time.monotonic() - self._begin < PATIENCE:
                return
            self._bar = self._open()
        self._bar.update(self._bar.task_ids[0], completed=done, text=f"{count(done)} {self.unit}, {speed}")

    def note(self, text: str) -> None:
        """Print a line above the bar."""
        if self._bar is None:
            note(text)
        else:
            self._bar.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def _open(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}"))
        console = Console(stderr=True, color_system="auto" if coloured(sys.stderr) else None)
        bar = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
        bar.add_task(self.title, total=self.total, text="")
        bar.start()
        return bar
