"""A process of its own that runs a job and is killed: by its parent at any time, or by itself at a certain operation.

python -m support.crashes run JOB FOLDER       run the pickled job once, with a checkpoint at every boundary
python -m support.crashes every JOB FOLDER     for n = 1, 2, …: run it in FOLDER/n, killed at the nth operation on
                                               files, then run it again; prints what is left, a line each
"""

from __future__ import annotations

import builtins
import hashlib
import itertools
import os
import pickle
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.jobs import EAGER, Job

OPERATIONS = ("open", "replace", "unlink", "fsync", "truncate", "ftruncate", "mkdir", "write")
"""What is counted, of `os`; the built-in `open` is counted too, and the writes to what it opens."""


def digest(folder: Path) -> str:
    """What has to be the same however often a run was interrupted."""
    names = ("claim.cbor", "leaves", "output.bin", "unit.cbor", "program.elf", "input.bin")
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in names)).hexdigest()


def die_at(operation: int) -> None:
    """Kill this process just before the nth operation on files."""
    left = operation

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return call

    for name in OPERATIONS:
        setattr(os, name, counted(getattr(os, name)))
    original = builtins.open

    def opened(*arguments: Any, **options: Any) -> Any:
        # Unbuffered, so that each piece written is an operation, and half a file can be what a kill leaves.
        if "b" in (arguments[1] if len(arguments) > 1 else "") and "r" not in arguments[1]:
            file = original(arguments[0], arguments[1], buffering=0)
            file.write = counted(file.write)
            return file
        return original(*arguments, **options)

    builtins.open = opened


def run_once(job: Job, folder: Path, operation: int | None = None) -> int:
    """Run the job in a process of its own; the signal that ended it, or 0."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if operation is not None:
                die_at(operation)
            job.run(folder, pace=EAGER)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    if os.WEXITSTATUS(status):
        raise SystemExit(f"the run in {folder} failed")
    return 0


def main() -> None:
    mode, path, target = sys.argv[1:]
    job: Job = pickle.loads(Path(path).read_bytes())
    folder = Path(target)
    if mode != "every":
        job.run(folder, pace=EAGER, engine=mode)
        return
    job.unit.verify()  # loads what every child would load again
    os.fsync = lambda fd: None  # a kill leaves the kernel's cache alone, and flushing is what takes the time
    for operation in itertools.count(1):
        work = folder / str(operation)
        killed = run_once(job, work, operation)
        if killed and run_once(job, work):
            raise SystemExit(f"the second run in {work} was killed")
        print(operation, digest(work), *sorted(entry.name for entry in work.glob(".*")))
        if not killed:
            return


if __name__ == "__main__":
    main()
