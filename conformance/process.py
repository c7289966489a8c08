"""An adapter as a process: requests out, answers in, with a bound on everything that it could do to us (VEC-037)."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

MAX_LINE = 1 << 26
"""Longest message, in bytes (VEC-030)."""
STDERR_KEPT = 1 << 14
"""How much of the end of an adapter's standard error is kept for its report."""

MAX_NESTING = 100
"""Deepest nesting of a message (VEC-030)."""

_CHUNK = 1 << 16
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"')
_BRACKETS = re.compile(rb"[][{}]")


class AdapterFault(Exception):
    """The adapter broke the harness's rules. `kind` is the word that the report counts it under."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class AdapterProcess:
    """One running adapter. Any `AdapterFault` ends it; whoever wants to go on starts another."""

    def __init__(self, command: Sequence[str], *, max_line: int = MAX_LINE) -> None:
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise AdapterFault("crashed", f"can't start {command[0]}: {error.strerror or error}") from error
        self._max_line = max_line
        # Two lines at most wait here: a flooding adapter blocks on its own pipe, not in our memory.
        self._lines: queue.Queue[bytes | None] = queue.Queue(maxsize=2)
        self._errors = bytearray()
        self._stopped = False
        self._error_reader = threading.Thread(target=self._read_errors, daemon=True)
        self._error_reader.start()
        threading.Thread(target=self._read_lines, daemon=True).start()

    def ask(self, message: Mapping[str, Any], timeout: float) -> tuple[dict[str, Any], str]:
        """Send a request and give its answer, as read and as text; raises AdapterFault if there is no proper one."""
        deadline = time.monotonic() + timeout
        try:
            if not self._lines.empty():
                waiting = self._lines.get_nowait()
                if waiting is not None:
                    raise AdapterFault("malformed", f"wrote without being asked: {_shown(waiting)}")
                raise AdapterFault("crashed", self._how_it_ended("before it was asked"))
            self._send(json.dumps(message, separators=(",", ":")).encode() + b"\n", deadline)
            return self._answer(deadline, timeout)
        except AdapterFault:
            self.kill()
            raise

    def _answer(self, deadline: float, timeout: float) -> tuple[dict[str, Any], str]:
        try:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise AdapterFault("timeout", f"no answer within {timeout:g} s") from None
        if line is None:
            raise AdapterFault("crashed", self._how_it_ended("before it answered"))
        if not line.endswith(b"\n"):
            if len(line) >= self._max_line:
                raise AdapterFault("malformed", f"an answer of more than {self._max_line} bytes")
            raise AdapterFault("crashed", self._how_it_ended("in the middle of an answer"))
        return _parse(line), line.decode("utf-8", "replace").strip()

    def bye(self, timeout: float = 5.0) -> str | None:
        """End the adapter politely; returns what was wrong with how it ended, if anything (VEC-034)."""
        deadline = time.monotonic() + timeout
        try:
            self._send(b'{"cmd":"bye"}\n', deadline)
        except AdapterFault:
            self.kill()
            return f"was gone before bye: {self._how_it_ended('early')}"
        try:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            if line is not None:
                return f"wrote a line after bye: {_shown(line)}"
            code = self._process.wait(timeout=max(0.0, deadline - time.monotonic()))
            return None if code == 0 else f"ended with exit code {code} after bye"
        except (queue.Empty, subprocess.TimeoutExpired):
            return f"did not end within {timeout:g} s of bye"
        finally:
            self.kill()

    def kill(self) -> None:
        """End the process and whatever it started, without asking."""
        self._stopped = True
        with contextlib.suppress(ProcessLookupError, PermissionError):  # It has ended already.
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    @property
    def stderr_tail(self) -> str:
        """The end of what it wrote to standard error."""
        return bytes(self._errors).decode("utf-8", "replace").strip()

    def _send(self, data: bytes, deadline: float) -> None:
        """Write a request, on a thread of its own: an adapter that doesn't read would block us otherwise."""
        stdin = self._process.stdin
        assert stdin is not None
        failed: list[OSError] = []

        def write() -> None:
            try:
                stdin.write(data)
                stdin.flush()
            except (OSError, ValueError) as error:
                failed.append(error if isinstance(error, OSError) else OSError(str(error)))

        if len(data) <= 4096:  # It fits the pipe's buffer, which is empty: we take turns.
            write()
        else:
            writer = threading.Thread(target=write, daemon=True)
            writer.start()
            writer.join(max(0.0, deadline - time.monotonic()))
            if writer.is_alive():
                raise AdapterFault("timeout", "did not read its request in time")
        if failed:
            raise AdapterFault("crashed", self._how_it_ended("before it read its request"))

    def _how_it_ended(self, when: str) -> str:
        try:
            code = self._process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            return f"closed its output {when}"
        self._error_reader.join(timeout=0.5)  # Its last words may still be on their way.
        how = f"exit code {code}" if code >= 0 else f"signal {-code}"
        last = self.stderr_tail.splitlines()[-1:]
        return f"ended with {how} {when}" + (f": {last[0][:500]}" if last else "")

    def _read_lines(self) -> None:
        assert self._process.stdout is not None
        pending = bytearray()
        with self._process.stdout as stream:
            while len(pending) < self._max_line and (chunk := os.read(stream.fileno(), _CHUNK)):
                start = len(pending)
                pending += chunk
                while (end := pending.find(b"\n", start)) >= 0:
                    self._put(bytes(pending[: end + 1]))
                    del pending[: end + 1]
                    start = 0
        if pending:
            self._put(bytes(pending[: self._max_line]))
        self._put(None)

    def _put(self, line: bytes | None) -> None:
        while not self._stopped:
            with contextlib.suppress(queue.Full):
                self._lines.put(line, timeout=0.1)
                return

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            while chunk := os.read(stream.fileno(), _CHUNK):
                self._errors += chunk
                del self._errors[:-STDERR_KEPT]


def _parse(line: bytes) -> dict[str, Any]:
    if _deep(line):
        raise AdapterFault("malformed", f"nested deeper than {MAX_NESTING}: {_shown(line)}")
    try:
        answer = json.loads(line.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_members)
    except ValueError as error:
        raise AdapterFault("malformed", f"not one JSON object on a line ({error}): {_shown(line)}") from None
    if not isinstance(answer, dict):
        raise AdapterFault("malformed", f"not a JSON object: {_shown(line)}")
    return answer


def _deep(line: bytes) -> bool:
    """Whether brackets nest too deep. Asked before parsing: Python's own guard is as good as its recursion limit, which
    other packages raise, and then a deep answer ends the runner."""
    if line.count(b"[") + line.count(b"{") <= MAX_NESTING:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", line)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_NESTING:
            return True
    return False


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member's name is used twice")
    return members


def _shown(line: bytes) -> str:
    return ascii(line[:80].decode("utf-8", "replace").rstrip("\n"))
