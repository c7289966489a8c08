"""Building guests with the kit: what comes out, that it repeats to the byte, and how it fails."""

from __future__ import annotations

import importlib.util
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tracework.protocol.program import load_program
from tracework.worker import build as building
from tracework.worker import qemu
from tracework.worker.build import BuildError, build, build_host, kit_path
from tracework.worker.errors import WorkerError

needs_zig = pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed")
needs_qemu = pytest.mark.skipif(qemu.find_qemu() is None, reason="qemu-riscv64 is not installed")
needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no host compiler cc")

ECHO = """
#include <tracework.h>
int main(int argc, char **argv)
{
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    tw_print("echoing ");
    tw_print_number(size);
    for (size_t i = 0; i < size; i++)
        write_output(data + i, 1);
    return argc + (argv[0] == NULL) + 2;
}
"""

LIBRARY = """
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <tracework.h>

static uint8_t a[200], b[200];
static int constructed;

__attribute__((constructor)) static void construct(void) { constructed = 7; }

static void put(uint64_t number) { write_output((const uint8_t *)&number, sizeof number); }

int main(void)
{
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    assert(size >= 200);
    uint64_t sum = 0;
    for (size_t from = 0; from < 40; from++)
        for (size_t to = 0; to < 40; to++)
            for (size_t n = 0; n < 70; n += 1 + n / 9) {
                memcpy(a, data, 200);
                memcpy(a + to, data + from, n);
                memcpy(b, data, 200);
                memmove(b + to, b + from, n);
                memset(b + from + to, (int)n, n);
                sum = sum * 31 + (uint64_t)(memcmp(a, b, 200) > 0) + a[to + n / 2] + b[from + to + n];
            }
    put(sum);
    put(strlen("four"));

    char *first = malloc(10), *second = calloc(3, 100);
    memcpy(first, "123456789", 10);
    second[299] = 1;
    first = realloc(first, 5000);   /* moves */
    put(memcmp(first, "123456789", 10) == 0);
    char *grown = realloc(first, 9000);  /* grows in place, or moves */
    put(memcmp(grown, "123456789", 10) == 0);
    free(grown);
    free(second);
    put(malloc((size_t)-1 - 64) == NULL);
    put(constructed);

    double x;
    memcpy(&x, data + 3, 8);
    x = sqrt(fabs(x)) / 3.0 + 1e-300;
    memcpy(&sum, &x, 8);
    put(sum);
    put((uint64_t)((unsigned __int128)sum * sum >> 64));
    put((uint64_t)(((unsigned __int128)sum * sum) / 1000003));
    return 0;
}
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small guest."""
    path = tmp_path / "echo.c"
    path.write_text(ECHO)
    return path


def _segments(elf: bytes) -> list[tuple[int, int, int, int]]:
    """Type, flags, address and size in memory of each program header."""
    offset, count = struct.unpack_from("<Q", elf, 32)[0], struct.unpack_from("<H", elf, 56)[0]
    rows = [struct.unpack_from("<IIQQQQQ", elf, offset + 56 * i) for i in range(count)]
    return [(row[0], row[1], row[3], row[6]) for row in rows]


@needs_zig
@pytest.mark.parametrize("level", building.OPTIMIZATIONS)
def test_layout_is_what_the_machine_loads(source: Path, tmp_path: Path, level: str) -> None:
    build([source], tmp_path / "echo.elf", optimize=level)
    elf = (tmp_path / "echo.elf").read_bytes()
    assert elf[:6] == b"\x7fELF\x02\x01"  # 64 bits, little-endian
    assert struct.unpack_from("<HH", elf, 16) == (2, 243)  # an executable for RISC-V
    assert struct.unpack_from("<I", elf, 48) == (0,)  # soft-float, no compressed code
    entry = struct.unpack_from("<Q", elf, 24)[0]
    loads = [segment[1:] for segment in _segments(elf) if segment[0] == 1]
    assert {kind for kind, *_ in _segments(elf)} <= {1, 7, 0x70000003}  # PT_LOAD; PT_TLS and attributes are ignored
    code = [(address, address + size) for flags, address, size in loads if flags & 1]
    assert len(code) == 1 and code[0][0] <= entry < code[0][1]
    assert all(not (flags & 1 and flags & 2) for flags, _, _ in loads)
    for flags, address, size in loads:
        assert address + size <= 1 << 31
        if not flags & 1:
            assert address >> 12 > (code[0][1] - 1) >> 12


@needs_zig
@needs_qemu
@pytest.mark.parametrize("level", building.OPTIMIZATIONS)
def test_input_output_debug_and_exit_code(source: Path, tmp_path: Path, level: str) -> None:
    build([source], tmp_path / "echo.elf", optimize=level)
    run = qemu.run((tmp_path / "echo.elf").read_bytes(), b"some input")
    assert (run.exit_code, run.output, run.debug) == (3, b"some input", b"echoing 10")


@needs_zig
def test_same_bytes_in_any_folder_and_however_the_source_is_named(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.write_text(ECHO + "\nconst char *where(void) { return __FILE__; }\n")
    (tmp_path / "other").mkdir()
    copy = tmp_path / "other" / "echo.c"
    copy.write_bytes(source.read_bytes())
    build([source], tmp_path / "1.elf")
    build([copy], tmp_path / "2.elf")
    monkeypatch.chdir(tmp_path)
    build(["other/echo.c"], "3.elf")
    monkeypatch.chdir(tmp_path / "other")
    build(["echo.c"], tmp_path / "4.elf")
    assert len({(tmp_path / f"{i}.elf").read_bytes() for i in (1, 2, 3, 4)}) == 1


@needs_zig
def test_symbols_and_line_numbers_are_no_part_of_the_program(source: Path, tmp_path: Path) -> None:
    build([source], tmp_path / "plain.elf")
    build([source], tmp_path / "debug.elf", debug=True)
    plain, debug = ((tmp_path / name).read_bytes() for name in ("plain.elf", "debug.elf"))
    assert len(debug) > len(plain) and b"write_output" in debug
    assert load_program(debug).id == load_program(plain).id


@needs_zig
@needs_qemu
@needs_cc
def test_library_agrees_with_the_host(tmp_path: Path) -> None:
    source = tmp_path / "library.c"
    source.write_text(LIBRARY)
    assert build([source], tmp_path / "library.elf") == ""
    build_host([source], tmp_path / "library")
    data = bytes(range(7, 250))
    host = subprocess.run([tmp_path / "library"], input=data, capture_output=True, check=True).stdout
    assert len(host) == 9 * 8
    run = qemu.run((tmp_path / "library.elf").read_bytes(), data)
    assert run.exit_code == 0 and run.output.ljust(len(host), b"\0") == host


@needs_zig
@needs_qemu
@pytest.mark.parametrize(
    ("statement", "signal"),
    [
        ("abort();", 5),
        ("__builtin_trap();", 5),
        ("assert(size == 1);", 5),
        ("*(volatile uint8_t *)data = 1;", 11),
        ("*(volatile uint32_t *)main = 1;", 11),
        ("write_output(data, ((size_t)1 << 30) + 1);", 5),
    ],
)
def test_failures_end_as_faults(tmp_path: Path, statement: str, signal: int) -> None:
    source = tmp_path / "fail.c"
    source.write_text(
        "#include <assert.h>\n#include <stdlib.h>\n#include <tracework.h>\n"
        "int main(void) { const uint8_t *data; size_t size; read_input(&data, &size); " + statement + " return 0; }"
    )
    build([source], tmp_path / "fail.elf")
    assert qemu.run((tmp_path / "fail.elf").read_bytes(), b"input").signal == signal


@needs_zig
def test_compiler_errors_name_file_and_line_and_leave_the_old_output(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "echo.elf"
    output.write_bytes(b"what was there")
    source.write_text("int main(void)\n{\n    return nothing;\n}\n")
    with pytest.raises(BuildError, match=r"the compiler could not build .*echo\.c") as caught:
        build([source], output)
    assert f"{source}:3:12: error: " in caught.value.diagnostics
    assert output.read_bytes() == b"what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["echo.c", "echo.elf"]


@needs_zig
@needs_qemu
def test_thread_local_variables_are_plain_ones(tmp_path: Path) -> None:
    source = tmp_path / "tls.c"
    source.write_text(
        "#include <tracework.h>\nstatic _Thread_local int set = 40; static _Thread_local long zero[3]; int plain = 1;\n"
        "int main(void) { zero[2] = 1; *(volatile int *)&set += 1; return set + (int)zero[2] + (int)zero[1] + plain; }"
    )
    build([source], tmp_path / "tls.elf")
    assert qemu.run((tmp_path / "tls.elf").read_bytes()).exit_code == 43


def test_bad_arguments(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "compiler_version", lambda: "0")
    with pytest.raises(BuildError, match=r"no source file .*missing\.c"):
        build([tmp_path / "missing.c"], tmp_path / "a.elf")
    with pytest.raises(BuildError, match="no source file was given"):
        build([], tmp_path / "a.elf")
    with pytest.raises(BuildError, match="optimisation level"):
        build([source], tmp_path / "a.elf", optimize="fast")


def test_without_ziglang_one_sentence_says_how_to_get_it(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> Any:
        assert name == "ziglang"

    monkeypatch.setattr(importlib.util, "find_spec", absent)
    with pytest.raises(BuildError, match=r"pip install 'tracework\[build\]'"):
        build([source], tmp_path / "a.elf")


@needs_cc
def test_unwritable_output_is_one_sentence(tmp_path: Path) -> None:
    source = tmp_path / "echo.c"
    source.write_text(ECHO)
    with pytest.raises(WorkerError, match=r"cannot write .*missing"):
        build_host([source], tmp_path / "missing" / "echo")
    (tmp_path / "folder").mkdir()
    with pytest.raises(WorkerError, match=r"cannot write .*folder"):
        build_host([source], tmp_path / "folder")
    assert not list(tmp_path.glob(".*"))
    with pytest.raises(BuildError, match="no compiler no-such-cc"):
        build_host([source], tmp_path / "echo", compiler=["no-such-cc"])


def test_kit_is_package_data() -> None:
    names = {path.relative_to(kit_path()).as_posix() for path in kit_path().rglob("*") if path.is_file()}
    assert {"crt0.S", "kit.c", "libc.c", "guest.ld", "host.c", "picolibc.c", "tracework.rs"} <= names
    assert {"include/tracework.h", "libc/string.h", "libc/stdlib.h", "libc/assert.h", "libc/math.h"} <= names


@needs_zig
@needs_qemu
def test_assertions_can_be_turned_off(tmp_path: Path) -> None:
    source = tmp_path / "fail.c"
    source.write_text("#include <assert.h>\nint main(void) { assert(0); return 4; }")
    build([source], tmp_path / "fail.elf")
    run = qemu.run((tmp_path / "fail.elf").read_bytes())
    assert run.signal == 5 and run.debug == b"assertion failed: 0\n"
    build([source], tmp_path / "fail.elf", flags=["-DNDEBUG"])
    assert qemu.run((tmp_path / "fail.elf").read_bytes()).exit_code == 4
