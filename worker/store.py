"""The work folder: all that a run leaves on disk, and how it is kept whole.

    unit.cbor  program.elf  input.bin        what is run; written before the first step
    leaves                                   32 bytes a leaf, appended and flushed before each checkpoint
    checkpoint-NNNNNNN.bin                   at most 16, by number of leaves; see checkpoints.py
    output.bin                               the output, if the run halted
    claim.cbor                               written last: where it is, all else is
    lock                                     held while a process runs here

Each file but `leaves` and `lock` appears as a whole or not at all; what `leaves` has beyond a checkpoint is made anew.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from ..protocol.encoding.schema import decode_object, encode_object
from ..protocol.hashing import DIGEST_SIZE
from ..protocol.machine.executor import Executor
from ..protocol.machine.state import REGION_SIZE
from ..protocol.program import MAX_PROGRAM_BYTES
from ..protocol.regions import RegionHasher
from ..protocol.trees import memory, trace
from ..protocol.trees.memory import PAGE_SIZE
from ..protocol.work.claim import Claim
from ..protocol.work.unit import Unit
from . import checkpoints
from .checkpoints import Checkpoint, Damaged
from .errors import WorkerError, content_errors, file_errors
from .files import LEFTOVERS, lock, new_file, open_source, pieces, read_file, remove_leftovers, sync_folder, write_file

MAX_CHECKPOINTS: Final = 16
"""Most checkpoints that a folder keeps."""
MAX_CHECKPOINT_BYTES: Final = 1 << 32
"""Most bytes that the checkpoints of a folder take together; one is kept whatever its size."""

_CHECKPOINT_NAME = re.compile(r"checkpoint-(\d{7})\.bin")
_LEAVES_LIMIT = (1 << trace.MAX_HEIGHT) * DIGEST_SIZE
_BATCH = 256


class Store:
    """A work folder. Reading needs nothing; writing needs its lock (`held`)."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.unit_path = self.folder / "unit.cbor"
        self.program_path = self.folder / "program.elf"
        self.input_path = self.folder / "input.bin"
        self.leaves_path = self.folder / "leaves"
        self.claim_path = self.folder / "claim.cbor"
        self.output_path = self.folder / "output.bin"
        self.lock_path = self.folder / "lock"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder if it isn't there, and keep other processes from running in it; released even by a kill.

        A folder that was made here, and in which nothing came to be, is removed again.
        """
        with file_errors("make the folder", self.folder):
            made = not self.folder.exists()
            self.folder.mkdir(parents=True, exist_ok=True)
            if made:
                sync_folder(self.folder.parent)
        descriptor = None
        try:
            with file_errors("write in", self.folder):
                descriptor = os.open(self.lock_path, os.O_RDWR | os.O_CREAT, 0o666)
            if not lock(descriptor):
                raise WorkerError(
                    f"another process is running in {self.folder}", "wait for it, or choose another folder"
                )
            remove_leftovers(self.folder)
            yield
        finally:
            if made and not self.unit_path.exists():
                with contextlib.suppress(OSError):
                    self.lock_path.unlink(missing_ok=True)
                    self.folder.rmdir()
            if descriptor is not None:
                os.close(descriptor)

    def check_free(self, unit: Unit) -> bool:
        """Whether the folder already belongs to this unit. Raises WorkerError if it belongs to something else."""
        with file_errors("look into", self.folder):
            if self.unit_path.exists():
                if self.unit().id != unit.id:
                    raise WorkerError(f"{self.folder} holds another unit's work", "choose another folder")
                return True
            ours = {self.lock_path.name, self.program_path.name, self.input_path.name}
            names = (entry.name for entry in self.folder.iterdir() if not entry.match(LEFTOVERS))
            if others := sorted(name for name in names if name not in ours):
                raise WorkerError(
                    f"{self.folder} is not empty and no work folder: it holds {others[0]}", "choose another folder"
                )
        return False

    # What is run

    def unit(self) -> Unit:
        """The unit whose work this is."""
        if not self.unit_path.exists():
            raise WorkerError(f"{self.folder} is no work folder: it has no unit.cbor", "name one that a run has made")
        with content_errors("a unit", self.unit_path, "run the unit in another folder"):
            return decode_object(Unit, read_file(self.unit_path))

    def keep_unit(self, unit: Unit) -> None:
        """Make this the unit's folder; to be called when program and input are here."""
        write_file(self.unit_path, encode_object(unit))

    def keep_program(self, data: memoryview) -> None:
        """Keep the program's file."""
        write_file(self.program_path, data)

    def keep_input(self, data: memoryview, check: Callable[[bytes], None]) -> None:
        """Keep a copy of the input; `check` is given the root of exactly the bytes copied, and raises to refuse them.

        A copy, because a link to a file that somebody changes later would leave nothing to prove with.
        """
        hasher = RegionHasher()
        with new_file(self.input_path) as file:
            for piece in pieces(data):
                copied = bytes(piece)
                hasher.update(copied)
                file.write(copied)
            check(hasher.region().root)

    def program(self) -> memoryview | None:
        """The program's file, if it is here."""
        return open_source(self.program_path, MAX_PROGRAM_BYTES) if self.program_path.exists() else None

    def input(self) -> memoryview | None:
        """The input, if it is here; mapped, not read."""
        return open_source(self.input_path, REGION_SIZE) if self.input_path.exists() else None

    # Leaves

    def leaves(self) -> bytes:
        """The leaves that are on disk, one after the other; maybe with a part of one at the end."""
        return read_file(self.leaves_path, _LEAVES_LIMIT) if self.leaves_path.exists() else b""

    def cut_leaves(self, count: int) -> None:
        """Forget all leaves but the first `count`."""
        with file_errors("write", self.leaves_path), open(self.leaves_path, "ab") as file:
            file.truncate(count * DIGEST_SIZE)
            os.fsync(file.fileno())
        sync_folder(self.folder)

    def append_leaves(self, leaves: Iterable[bytes]) -> None:
        """Append leaves, and make them last. What a failure leaves of them at the end is cut off by the next run."""
        with file_errors("write", self.leaves_path), open(self.leaves_path, "ab") as file:
            file.write(b"".join(leaves))
            file.flush()
            os.fsync(file.fileno())

    # Checkpoints

    def checkpoints(self) -> dict[int, Path]:
        """Leaf count to file of all checkpoints, ascending."""
        found = ((_CHECKPOINT_NAME.fullmatch(entry.name), entry) for entry in self.folder.iterdir())
        return dict(sorted((int(match[1]), entry) for match, entry in found if match))

    def checkpoint(self, unit: bytes, leaf_count: int, segment_log2: int) -> Checkpoint:
        """One checkpoint, its pages mapped from the file. Raises Damaged; it has yet to be checked against its leaf."""
        path = self.folder / checkpoints.file_name(leaf_count)
        try:
            found = checkpoints.read_checkpoint(open_source(path, sys.maxsize), segment_log2)
        except WorkerError as error:
            raise Damaged(str(error)) from error
        if found.unit != unit or found.leaf_count != leaf_count:
            raise Damaged("it is another unit's, or of another place")
        return found

    def keep_checkpoint(self, header: bytes, leaf_count: int, executor: Executor, pages: Sequence[int]) -> None:
        """Write a checkpoint: the header, then the content of `pages` as it is now; then thin out what is there."""
        with new_file(self.folder / checkpoints.file_name(leaf_count)) as file:
            file.write(header)
            for start in range(0, len(pages), _BATCH):
                file.write(b"".join(executor.page(number) for number in pages[start : start + _BATCH]))
        self._thin()

    def _thin(self) -> None:
        files = self.checkpoints()
        with file_errors("tidy", self.folder):
            largest = max(path.stat().st_size for path in files.values())
            most = max(1, min(MAX_CHECKPOINTS, MAX_CHECKPOINT_BYTES // largest))
            for leaf_count in checkpoints.thin(list(files), most):
                files[leaf_count].unlink()

    def drop_checkpoints_after(self, leaf_count: int) -> None:
        """Delete the checkpoints of later boundaries than this."""
        for found, path in self.checkpoints().items():
            if found > leaf_count:
                with file_errors("delete", path):
                    path.unlink()

    # Results

    def claim(self) -> Claim | None:
        """The claim, if the run has ended. Raises WorkerError if its file is damaged."""
        if not self.claim_path.exists():
            return None
        with content_errors("an undamaged claim", self.claim_path, "run the unit again in this folder to mend it"):
            return decode_object(Claim, read_file(self.claim_path))

    def output(self) -> memoryview | None:
        """The output, if it is here; mapped, not read."""
        return open_source(self.output_path, REGION_SIZE) if self.output_path.exists() else None

    def keep_claim(self, claim: Claim) -> None:
        """Write the claim; the last thing that a run does."""
        write_file(self.claim_path, encode_object(claim))

    def keep_output(self, length: int, executor: Executor, written: Iterable[int]) -> None:
        """Write the output's first `length` bytes; pages of it that aren't among the `written` are zero."""
        with new_file(self.output_path) as file:
            for number in sorted(written):
                start = (number - memory.OUTPUT_FIRST_PAGE) * PAGE_SIZE
                if 0 <= start < length:
                    file.seek(start)
                    file.write(executor.page(number)[: length - start])
            file.truncate(length)


def split_leaves(data: bytes | memoryview) -> list[bytes]:
    """The whole leaves in a leaves file's content."""
    return [bytes(data[start : start + DIGEST_SIZE]) for start in range(0, len(data) - DIGEST_SIZE + 1, DIGEST_SIZE)]
