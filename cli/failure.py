"""What goes wrong becomes one sentence on stderr and an exit code; a traceback never reaches the user."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

import click

from . import exits
from .console import OutputLost, note, printable

TRACEBACK_VARIABLE = "TRACEWORK_TRACEBACK"
"""Set in the environment, it lets a bug's traceback through."""


class Failure(click.ClickException):
    """A command can't do what it was asked: the sentence that says why, and what to do next."""

    def __init__(self, message: str, code: int = exits.UNUSABLE) -> None:
        super().__init__(message)
        self.code = code


def os_reason(error: OSError) -> str:
    """The reason in an operating system's error, in lower case: `no space left on device`."""
    reason = error.strerror or str(error) or type(error).__name__
    return reason[:1].lower() + reason[1:]


def os_sentence(error: OSError) -> str:
    """A sentence for an error of the operating system that nobody has put into words before."""
    place = f"{error.filename}: " if error.filename else ""
    hint = {
        errno.ENOSPC: "; free some space and run the command again, nothing that was complete is lost",
        errno.EDQUOT: "; free some space and run the command again, nothing that was complete is lost",
        errno.EACCES: "; check the permissions",
        errno.EMFILE: "; raise the limit with `ulimit -n`",
    }.get(error.errno or 0, "")
    return f"{place}{os_reason(error)}{hint}"


def guarded(command: Callable[[], object]) -> int:
    """Run a command; print whatever goes wrong; return the exit code. KeyboardInterrupt passes through."""
    try:
        code = _call(command)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except BrokenPipeError:
        abandon_output()
        return exits.BROKEN_PIPE
    except OSError as error:  # from the flush: the output is a file, and its disk is full
        abandon_output()
        complain(f"standard output could not be written: {os_reason(error)}")
        return exits.UNUSABLE


def _call(command: Callable[[], object]) -> int:
    """Run a command, putting its exceptions into words."""
    try:
        command()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        note(error.format_message())
        return exits.UNUSABLE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "tracework"
        complain(f"{error.format_message().rstrip('.')}; `{path} --help` shows how it is used")
        return exits.UNUSABLE
    except OutputLost as error:
        abandon_output()
        complain(error.format_message())
        return error.exit_code
    except Failure as error:
        complain(error.format_message())
        return error.code
    except click.ClickException as error:
        complain(error.format_message())
        return exits.UNUSABLE
    except click.Abort:
        raise KeyboardInterrupt from None
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(os_sentence(error))
        return exits.UNUSABLE
    except MemoryError:
        complain("this computer has not enough memory for that; nothing was decided")
        return exits.UNUSABLE
    except Exception as error:
        return _known_or_bug(error)
    return exits.GOOD


def _known_or_bug(error: Exception) -> int:
    """What the person at the keyboard can mend, in the words of whoever found it; anything else is a bug of ours."""
    from ..lab.errors import LabError
    from ..protocol.errors import ProtocolError
    from ..worker.errors import WorkerError

    if isinstance(error, ProtocolError | WorkerError | LabError):
        complain(str(error))
        return exits.UNUSABLE
    from .. import __version__

    if os.environ.get(TRACEBACK_VARIABLE):
        import traceback

        note("".join(traceback.format_exception(error)).rstrip())
        return exits.BUG
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" in {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else ""
    complain(
        f"this is a bug in tracework {__version__}, and says nothing about your files:"
        f" {type(error).__name__}{place}: {error}; please report it with the command"
        f" and what {TRACEBACK_VARIABLE}=1 in its environment makes it print"
    )
    return exits.BUG


def complain(sentence: str) -> None:
    """Print an error's sentence on stderr."""
    note(click.style("Error: ", fg="red", bold=True) + printable(sentence))


def abandon_output() -> None:
    """Let the interpreter's last flush of stdout go nowhere: its reader has gone, or its disk is full."""
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())
        os.close(sink)
    except (AttributeError, OSError, ValueError):  # a stdout that is no file, or closed
        pass
