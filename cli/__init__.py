"""The command `tracework`: arguments, printing and exit codes; no logic."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from importlib import import_module


def main() -> None:
    """Run the command line with the process's arguments, and exit."""
    try:
        _prepare_streams()
        # By name: mypy takes the folders cli/ and tests/cli/ for one package when it checks the tests.
        import_module(".app", __package__).app.main(prog_name="tracework")
    except KeyboardInterrupt:
        _die_of_interrupt()


def _prepare_streams() -> None:
    """Print what a stream's encoding lacks as an escape, instead of failing over it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _die_of_interrupt() -> None:
    """End as a process that Ctrl-C ended, so that a shell's loop around it ends too."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write("Interrupted.\n")
    if os.name == "posix":
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    sys.exit(import_module(".exits", __package__).INTERRUPTED)
