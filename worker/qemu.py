"""Runs a guest's ELF under `qemu-riscv64`: another opinion on the machine, for tests and for the benchmark.

QEMU's user mode knows the guest's two ecalls, since their numbers and arguments are Linux's write and exit; what it
lacks is the machine's memory. So the program is wrapped: its pages are put, unchanged and at their addresses, into a
new ELF, beside a stub above 4 GiB that maps the rest of the address space (zeros below 2^31, the input, the output),
sets the registers as the machine does (except x31, which holds the entry address) and jumps to the entry. The output
region is shared memory, and is read when the process has ended.
"""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..protocol.program import Program, load_program

_PAGE = 4096
_INPUT, _OUTPUT, _REGION = 0x8000_0000, 0xC000_0000, 1 << 30
_LOWEST = 0x1_0000  # the host's kernel refuses to map what lies below
_STUB = 0x1_0000_0000
_READ, _WRITE, _EXECUTE = 1, 2, 4
_SHARED, _PRIVATE, _FIXED, _ANONYMOUS, _NORESERVE = 1, 2, 0x10, 0x20, 0x4000
_MMAP, _EXIT = 222, 93
STUB_FAILED = 124
"""Exit code of a wrapped program whose memory could not be mapped."""


@dataclass(frozen=True, slots=True)
class QemuRun:
    """How a wrapped program ended."""

    exit_code: int | None
    """The exit code's low 8 bits; None if a signal ended the program."""
    signal: int | None
    """4 for an illegal instruction, 5 for EBREAK, 11 for a bad access."""
    output: bytes
    """The output region without its trailing zeros: the machine's output, if that doesn't end in zeros."""
    debug: bytes
    """What the program printed by debug ecalls on descriptors 1 and 2."""
    seconds: float
    """Wall time of the whole process, about 10 ms of start-up included."""


def find_qemu() -> str | None:
    """The path of `qemu-riscv64`, or None where it isn't installed (Debian: apt install qemu-user)."""
    return shutil.which("qemu-riscv64")


def run(elf: bytes, data: bytes = b"", *, timeout: float | None = None, options: tuple[str, ...] = ()) -> QemuRun:
    """Run an ELF that the machine accepts on input `data`; `options` go to qemu. Raises subprocess.TimeoutExpired."""
    qemu = find_qemu()
    if qemu is None:
        raise FileNotFoundError("qemu-riscv64 is not installed")
    with _memory("input", data) as given, _memory("output", b"") as output:
        os.ftruncate(output, _REGION)
        with _memory("program", wrap(elf, given, len(data), output)) as program:
            begin = time.perf_counter()
            done = subprocess.run(
                [qemu, *options, f"/proc/self/fd/{program}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(given, output, program),
                timeout=timeout,
                check=False,
            )
            seconds = time.perf_counter() - begin
        code = done.returncode
        if code == STUB_FAILED:
            raise OSError("qemu-riscv64 could not map the machine's memory")
        return QemuRun(code if code >= 0 else None, -code if code < 0 else None, _content(output), done.stdout, seconds)


def wrap(elf: bytes, input_fd: int, input_size: int, output_fd: int) -> bytes:
    """The Linux program that runs `elf`, given open files for its input and, of 2^30 bytes, its output."""
    program = load_program(elf)
    pages, code = _pages(program)
    runs = _runs(pages, code)
    rows = [
        (start, end - start, _READ | _WRITE, _PRIVATE | _FIXED | _ANONYMOUS | _NORESERVE, -1)
        for start, end in _gaps(runs)
    ]
    mapped = -(-input_size // _PAGE) * _PAGE
    if mapped:
        rows.append((_INPUT, mapped, _READ, _PRIVATE | _FIXED, input_fd))
    if mapped < _REGION:
        rest = _PRIVATE | _FIXED | _ANONYMOUS | _NORESERVE
        rows.append((_INPUT + mapped, _REGION - mapped, _READ, rest, -1))
    rows.append((_OUTPUT, _REGION, _READ | _WRITE, _SHARED | _FIXED, output_fd))

    segments = [
        (start, b"".join(pages[page] for page in range(start // _PAGE, end // _PAGE)), flags)
        for start, end, flags in runs
    ]
    segments.append((_STUB, _stub(program.entry, input_size, rows), _READ | _EXECUTE))
    return _write_elf(_STUB, segments)


def _pages(program: Program) -> tuple[dict[int, bytes], range]:
    """The pages that must be in the file, those of code in any case, and the numbers of the latter."""
    code = range(program.code_first, program.code_end)
    return dict.fromkeys(code, bytes(_PAGE)) | dict(program.pages), code


def _runs(pages: dict[int, bytes], code: range) -> list[tuple[int, int, int]]:
    """Ranges of addresses that `pages` fill, each with its permissions: all that isn't code is writable."""
    runs: list[tuple[int, int, int]] = []
    for page in sorted(pages):
        flags = _READ | (_EXECUTE if page in code else _WRITE)
        if runs and runs[-1][1] == page * _PAGE and runs[-1][2] == flags:
            runs[-1] = (runs[-1][0], (page + 1) * _PAGE, flags)
        else:
            runs.append((page * _PAGE, (page + 1) * _PAGE, flags))
    return runs


def _gaps(runs: list[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """What lies between the runs, up to the input."""
    at = _LOWEST
    for start, end, _ in [*runs, (_INPUT, _INPUT, 0)]:
        if at < start:
            yield at, start
        at = max(at, end)


def _stub(entry: int, input_size: int, rows: list[tuple[int, int, int, int, int]]) -> bytes:
    """Code that makes one mmap a row of `rows` (address, length, protection, flags, file), then enters the program."""
    s0, a0, a1, a2, a3, a4, a5, a7, t6 = 8, 10, 11, 12, 13, 14, 15, 17, 31
    table = 256

    def i_type(opcode: int, funct3: int, rd: int, rs1: int, immediate: int) -> int:
        return (immediate & 0xFFF) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode

    def branch(funct3: int, rs1: int, rs2: int, offset: int) -> int:
        o = offset & 0x1FFF
        high = o >> 12 << 31 | (o >> 5 & 0x3F) << 25
        return high | rs2 << 20 | rs1 << 15 | funct3 << 12 | (o >> 1 & 15) << 8 | (o >> 11 & 1) << 7 | 0x63

    def ld(rd: int, rs1: int, immediate: int) -> int:
        return i_type(0x03, 3, rd, rs1, immediate)

    def li(rd: int, immediate: int) -> int:
        return i_type(0x13, 0, rd, 0, immediate)

    code = [
        s0 << 7 | 0x17,  # auipc s0, 0
        i_type(0x13, 0, s0, s0, table),
        # loop: a row of zeros ends the table
        ld(a0, s0, 0),
        ld(a1, s0, 8),
        branch(0, a1, 0, 13 * 4),  # beq a1, zero, done
        ld(a2, s0, 16),
        ld(a3, s0, 24),
        ld(a4, s0, 32),
        li(a5, 0),
        li(a7, _MMAP),
        0x73,  # ecall
        ld(a1, s0, 0),
        i_type(0x13, 0, s0, s0, 40),
        branch(0, a0, a1, -11 * 4),  # mapped where it should be: next row
        li(a0, STUB_FAILED),
        li(a7, _EXIT),
        0x73,
        # done: the two registers that the machine sets, and the entry, follow the row of zeros
        ld(a0, s0, 40),
        ld(a1, s0, 48),
        ld(t6, s0, 56),
        *(li(register, 0) for register in range(1, 31) if register not in (a0, a1)),
        i_type(0x67, 0, 0, t6, 0),  # jalr zero, 0(t6)
    ]
    text = b"".join(struct.pack("<I", word) for word in code).ljust(table, b"\0")
    data = b"".join(struct.pack("<QQQQq", *row) for row in rows)
    return text + data + bytes(40) + struct.pack("<QQQ", _INPUT, input_size, entry)


def _write_elf(entry: int, segments: list[tuple[int, bytes, int]]) -> bytes:
    """A static RISC-V ELF of page-aligned segments (address, bytes, permissions as mmap has them)."""
    headers, body = b"", b""
    for address, data, flags in segments:
        offset = _PAGE + len(body)
        elf_flags = (flags & _READ and 4) | (flags & _WRITE and 2) | (flags & _EXECUTE and 1)
        headers += struct.pack("<IIQQQQQQ", 1, elf_flags, offset, address, address, len(data), len(data), _PAGE)
        body += data.ljust(-(-len(data) // _PAGE) * _PAGE, b"\0")
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    fields = (2, 243, 1, entry, 64, 0, 0, 64, 56, len(segments), 64, 0, 0)
    return (ident + struct.pack("<HHIQQQIHHHHHH", *fields) + headers).ljust(_PAGE, b"\0") + body


@contextmanager
def _memory(name: str, data: bytes) -> Iterator[int]:
    """An open file that lives in memory only."""
    descriptor = os.memfd_create(f"tracework-{name}")
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        yield descriptor
    finally:
        os.close(descriptor)


def _content(descriptor: int) -> bytes:
    """A sparse file's bytes up to the last that isn't zero."""
    end, at = 0, 0
    while True:
        try:
            at = os.lseek(descriptor, at, os.SEEK_DATA)
        except OSError:  # no data past `at`
            break
        end = at = os.lseek(descriptor, at, os.SEEK_HOLE)
    if not end:
        return b""
    with mmap.mmap(descriptor, end, access=mmap.ACCESS_READ) as view:
        return view[:].rstrip(b"\0")
