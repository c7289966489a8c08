"""The benchmark guests: index, rebuild, and results equal to the host's and, where the way is short, to Python's."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from support.guests import EXAMPLES, Guest, guests, interpret, wrong_compiler
from tracework.protocol.machine.executor import ExecutorFactory
from tracework.worker import qemu
from tracework.worker.build import build, build_host

needs_qemu = pytest.mark.skipif(qemu.find_qemu() is None, reason="qemu-riscv64 is not installed")
needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no host compiler cc")
BENCHMARKS = guests("benchmarks")
MASK = (1 << 64) - 1


def numbers(*values: int) -> bytes:
    """An input, as the index gives it."""
    return struct.pack(f"<{len(values)}Q", *values)


def mix(total: int, *values: int) -> int:
    """benchmark.h's checksum."""
    for value in values:
        total = (total ^ value) * 0x9E3779B97F4A7C15 & MASK
        total ^= total >> 29
    return total


def random_words(seed: int, count: int) -> list[int]:
    """benchmark.h's generator."""
    words = []
    for _ in range(count):
        seed ^= seed >> 12
        seed = (seed ^ seed << 25) & MASK
        seed ^= seed >> 27
        words.append(seed * 0x2545F4914F6CDD1D & MASK)
    return words


def line(total: int) -> bytes:
    """An output."""
    return f"{total:016x}\n".encode()


def run(name: str, *values: int) -> bytes:
    """A benchmark's output under qemu."""
    [guest] = (guest for guest in BENCHMARKS if guest.name == name)
    result = qemu.run(guest.elf, numbers(*values))
    assert result.exit_code == 0
    return result.output


def test_index_lists_exactly_what_is_there() -> None:
    folders = {path.name for path in (EXAMPLES / "benchmarks").iterdir() if path.is_dir()}
    assert folders == {guest.name for guest in BENCHMARKS} and len(folders) >= 8
    for guest in BENCHMARKS:
        assert {path.name for path in guest.folder.iterdir()} == {*guest.entry["sources"], guest.entry["program"]}
        assert 10**9 <= guest.entry["full"]["steps"] <= 10**10
        assert 2 * 10**7 <= guest.entry["small"]["steps"] <= 2 * 10**8


@pytest.mark.parametrize("guest", BENCHMARKS, ids=str)
def test_committed_elf_is_what_its_source_gives(guest: Guest, tmp_path: Path) -> None:
    reason = wrong_compiler("benchmarks")
    if reason:
        pytest.skip(reason)
    assert build(guest.sources, tmp_path / "guest.elf") == ""
    assert (tmp_path / "guest.elf").read_bytes() == guest.elf


@needs_cc
@pytest.mark.parametrize("guest", BENCHMARKS, ids=str)
@pytest.mark.parametrize("size", ["small", pytest.param("full", marks=pytest.mark.long)])
def test_host_build_and_qemu_give_the_listed_output(guest: Guest, size: str, tmp_path: Path) -> None:
    wanted = guest.entry[size]["output"].encode() + b"\n"
    data = numbers(*guest.entry[size]["input"])
    build_host(guest.sources, tmp_path / "host")
    assert subprocess.run([tmp_path / "host"], input=data, capture_output=True, check=True).stdout == wanted
    if qemu.find_qemu() is not None:
        assert qemu.run(guest.elf, data).output == wanted


@pytest.mark.parametrize("guest", BENCHMARKS, ids=str)
@pytest.mark.parametrize("size", ["small", pytest.param("full", marks=pytest.mark.long)])
def test_engine_gives_the_listed_output_in_the_listed_steps(guest: Guest, size: str, engine: ExecutorFactory) -> None:
    run = interpret(guest.elf, numbers(*guest.entry[size]["input"]), by=engine)
    assert (run.exit_code, run.state.steps) == (0, guest.entry[size]["steps"])
    assert run.output == guest.entry[size]["output"].encode() + b"\n"


@needs_qemu
def test_missing_numbers_are_an_error() -> None:
    for guest in BENCHMARKS:
        result = qemu.run(guest.elf, bytes(7))
        assert (result.exit_code, result.debug) == (2, b"the input lacks a number\n")


@needs_qemu
def test_modexp_is_python_s_pow() -> None:
    prime, base = 2**256 - 2**32 - 977, 3
    words = random_words(4, 4 * 50)
    for i in range(0, len(words), 4):
        base = pow(base, sum(word << 64 * j for j, word in enumerate(words[i : i + 4])), prime)
    assert run("modexp", 50) == line(mix(0, *(base >> 64 * i & MASK for i in range(4))))


@needs_qemu
def test_sieve_finds_the_primes() -> None:
    primes = [n for n in range(2, 10_000) if all(n % d for d in range(2, int(n**0.5) + 1))]
    assert run("sieve", 10_000, 2) == line(mix(0, *[len(primes), primes[-1]] * 2))
    assert run("sieve", 1 << 22, 1) == line(mix(0, 295_947, 4_194_301))  # pi(2^22), and the last prime before it


@needs_qemu
def test_queens_are_the_published_numbers() -> None:
    for n, ways in enumerate([1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680], start=1):
        assert run("queens", n) == line(ways)


@needs_qemu
def test_bytecode_counts_collatz_steps() -> None:
    lengths, counts = [], [0] * 1024
    for n in range(1, 3001):
        length = 0
        while n != 1:
            n = 3 * n + 1 if n & 1 else n >> 1
            length += 1
        lengths.append(length)
        counts[length & 1023] += 1
    assert run("bytecode", 3000) == line(mix(0, sum(lengths), max(lengths), *counts))


@needs_qemu
def test_matrices_of_doubles_are_python_s_doubles() -> None:
    n, words = 12, random_words(3, 2 * 12 * 12)
    values = [(word - (word >> 63 << 64)) / 2.0**63 for word in words]
    a, b, total = values[::2], values[1::2], 0
    for _ in range(3):
        c = []
        for i in range(n):
            for j in range(n):
                dot = 0.0
                for k in range(n):
                    dot += a[i * n + k] * b[k * n + j]
                c.append(dot)
        total = mix(total, *(struct.unpack("<Q", struct.pack("<d", value))[0] for value in c))
        a = [value / (1.0 + value * value) for value in c]
    assert run("matmul-f64", n, 3) == line(total)
