"""What a real compiler makes with the wrong flags: the loader names the fault, and its advice mends it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tracework.protocol.errors import ProtocolError
from tracework.protocol.program import FLAGS, load_program

pytestmark = pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed")

SOURCE = """
int numbers[4] = {1, 2, 3}, zeros[100];
const volatile char text[] = "constants";
void _start(void) {
    zeros[0] = numbers[1] + text[2];
#ifdef __riscv
    register long a0 __asm__("a0") = 0, a1 __asm__("a1") = 0, a7 __asm__("a7") = 93;
    __asm__ volatile("ecall" : : "r"(a0), "r"(a1), "r"(a7));
#endif
}
"""
DATA = "*(.data*) *(.sdata*) *(.bss*) *(.sbss*)"
SCRIPTS = {
    "good": f"SECTIONS {{ . = 0x10000; .text : {{ *(.text*) }} . = ALIGN(4096); .data : {{ *(.rodata*) {DATA} }} }}",
    "high": f"SECTIONS {{ . = 0x80000000; .text : {{ *(.text*) }} . = ALIGN(4096); .data : {{ *(.rodata*) {DATA} }} }}",
    "writable-code": "PHDRS { all PT_LOAD FLAGS(7); } "
    f"SECTIONS {{ . = 0x10000; .text : {{ *(.text*) *(.rodata*) {DATA} }} :all }}",
    "shared-page": "PHDRS { code PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); } "
    f"SECTIONS {{ . = 0x10000; .text : {{ *(.text*) *(.rodata*) }} :code .data : {{ {DATA} }} :data }}",
    "two-codes": "PHDRS { code PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); more PT_LOAD FLAGS(5); } "
    f"SECTIONS {{ . = 0x10000; .text : {{ *(.text*) }} :code . = ALIGN(4096); .data : {{ {DATA} }} :data "
    ". = ALIGN(4096); .rodata : { *(.rodata*) } :more }",
    "no-code": "PHDRS { all PT_LOAD FLAGS(6); } "
    f"SECTIONS {{ . = 0x10000; .text : {{ *(.text*) *(.rodata*) {DATA} }} :all }}",
}
SOFT = ["-target", "riscv64-freestanding-none", "-mcpu=generic_rv64+m"]


def compiled(folder: Path, arguments: list[str], script: str | None = "good") -> bytes:
    """The file that zig's C compiler makes of SOURCE."""
    (folder / "a.c").write_text(SOURCE)
    command = [sys.executable, "-m", "ziglang", "cc", "-O1", "-ffreestanding", "-fno-sanitize=all", *arguments]
    if script is not None:
        (folder / "a.ld").write_text(f"ENTRY(_start) {SCRIPTS[script]}")
        command += ["-T", "a.ld"]
    subprocess.run([*command, "a.c", "-o", "a.out"], cwd=folder, check=True, capture_output=True, timeout=240)
    return (folder / "a.out").read_bytes()


def test_the_advised_flags_make_a_program(tmp_path: Path) -> None:
    assert " ".join(SOFT) in FLAGS
    program = load_program(compiled(tmp_path, [*SOFT, "-static"]))
    assert (program.entry, program.code_first, program.code_end) == (0x10000, 16, 17)


@pytest.mark.parametrize(
    ("arguments", "script", "code"),
    [
        (["-target", "riscv32-freestanding-none", "-mcpu=generic_rv32+m"], "good", "elf-class"),
        (["-target", "x86_64-freestanding-none"], "good", "elf-machine"),
        (["-target", "riscv64-freestanding-none", "-mcpu=baseline_rv64"], "good", "elf-compressed"),
        (["-target", "riscv64-freestanding-none", "-mcpu=generic_rv64+m+f+d", "-mabi=lp64d"], "good", "elf-float-abi"),
        ([*SOFT, "-c"], None, "elf-type"),
        ([*SOFT, "-fPIE", "-pie"], None, "elf-type"),
        ([*SOFT, "-mcmodel=medany"], "high", "elf-segment-range"),
        (SOFT, "writable-code", "elf-writable-code"),
        (SOFT, "shared-page", "elf-code-page-shared"),
        (SOFT, "two-codes", "elf-second-code"),
        (SOFT, "no-code", "elf-no-code"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_wrong_flags_are_named(tmp_path: Path, arguments: list[str], script: str | None, code: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        load_program(compiled(tmp_path, arguments, script))
    assert caught.value.code == code
