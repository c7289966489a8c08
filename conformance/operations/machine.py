"""The machine: decoding, steps, state hashes and whole runs (spec/machine.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...protocol.encoding.schema import encode_object
from ...protocol.machine.context import PROFILE, Context
from ...protocol.machine.decode import Format, decode
from ...protocol.machine.executor import FullMemory, WitnessMemory
from ...protocol.machine.interpreter import Interpreter
from ...protocol.machine.state import (
    OUTPUT_BASE,
    PAGE_BITS,
    PAGE_SIZE,
    MachineState,
    Status,
    entry_state,
    state_hash,
    state_preimage,
)
from ...protocol.trees import memory
from ...protocol.work.tracing import Tracer, memory_tree
from ..values import number, octets
from . import Operation

_OPERANDS = {
    Format.R: ("rd", "rs1", "rs2"),
    Format.I: ("rd", "rs1", "immediate"),
    Format.SHIFT64: ("rd", "rs1", "immediate"),
    Format.SHIFT32: ("rd", "rs1", "immediate"),
    Format.S: ("rs1", "rs2", "immediate"),
    Format.B: ("rs1", "rs2", "immediate"),
    Format.U: ("rd", "immediate"),
    Format.J: ("rd", "immediate"),
    Format.NONE: (),
}


def decode_word(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The instruction that four bytes are, if they are one; immediates modulo 2^64."""
    instruction = decode(int.from_bytes(octets(input["word"]), "little"))
    if instruction is None:
        return {"legal": False}
    operands = {name: getattr(instruction, name) % 2**64 for name in _OPERANDS[instruction.format]}
    return {"legal": True, "mnemonic": instruction.mnemonic, **operands}


def step(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Some steps from a given state, over all memory or over the pages of a witness."""
    code_first, max_steps = number(input["code_first"]), number(input["max_steps"])
    context = Context(
        profile=PROFILE,
        suite=1,
        entry=code_first << PAGE_BITS,
        code_first=code_first,
        code_end=number(input["code_end"]),
        image_root=bytes(32),
        input_length=0,
        input_root=bytes(32),
        max_steps=max_steps,
        segment_log2=24,
    )
    pages: dict[int, bytearray] = FullMemory()
    if "witness" in input:
        pages = WitnessMemory({number(page): bytearray(PAGE_SIZE) for page in input["witness"]})
    _place(pages, input["memory"])
    state = _state(input["state"])
    machine = Interpreter(context, state, pages, track_reads=True)
    if not state.final:
        machine.run(min(state.steps + number(input["count"]), max_steps))
    return {
        "state": _spell(machine.state),
        "memory": [
            {"address": place["address"], "data": _read(pages, number(place["address"]), number(place["length"]))}
            for place in input["look"]
        ],
        "touched": machine.touched(),
    }


def hash_state(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The hash of a state, and the bytes that it covers."""
    context, root = octets(input["context_hash"]), octets(input["memory_root"])
    state = _state(input["state"])
    return {"preimage": state_preimage(context, state, root), "hash": state_hash(context, state, root)}


def run(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """A whole run: every boundary's hash, the pages that every segment touches, the final state, the output."""
    pages = FullMemory()
    _place(pages, input["image"])
    image_root = memory.subtree_root(pages, 0, memory.IMAGE_HEIGHT)
    data = octets(input["input"])
    given = {
        memory.INPUT_FIRST_PAGE + at // PAGE_SIZE: bytearray(data[at : at + PAGE_SIZE].ljust(PAGE_SIZE, b"\0"))
        for at in range(0, len(data), PAGE_SIZE)
    }
    context = Context(
        profile=PROFILE,
        suite=1,
        entry=number(input["entry"]),
        code_first=number(input["code_first"]),
        code_end=number(input["code_end"]),
        image_root=image_root,
        input_length=len(data),
        input_root=memory.subtree_root(given, memory.INPUT_FIRST_PAGE, memory.REGION_HEIGHT),
        max_steps=number(input["max_steps"]),
        segment_log2=number(input["segment_log2"]),
    )
    pages.update(given)
    machine = Interpreter(context, entry_state(context.entry, len(data)), pages, track_reads=True)
    tracer = Tracer(context, machine, memory_tree(pages))
    touched = []
    while not tracer.finished:
        tracer.advance()
        touched.append(machine.touched())
    output_root = tracer.tree.node(memory.REGION_HEIGHT, memory.OUTPUT_FIRST_PAGE >> memory.REGION_HEIGHT)
    return {
        "context": encode_object(context),
        "context_hash": context.hash,
        "initial_root": context.initial_root,
        "leaves": tracer.leaves,
        "touched": touched,
        "state": _spell(machine.state),
        "memory_root": tracer.tree.root,
        "output": _read(pages, OUTPUT_BASE, machine.state.output_length),
        "output_root": output_root,
    }


def _place(pages: dict[int, bytearray], pieces: Iterable[Mapping[str, Any]]) -> None:
    """Put bytes into memory, wherever they begin and end."""
    for piece in pieces:
        for address, byte in enumerate(octets(piece["data"]), number(piece["address"])):
            pages[address >> PAGE_BITS][address % PAGE_SIZE] = byte


def _read(pages: Mapping[int, bytearray], address: int, length: int) -> bytes:
    return bytes(pages[a >> PAGE_BITS][a % PAGE_SIZE] for a in range(address, address + length))


def _state(spelled: Mapping[str, Any]) -> MachineState:
    registers = [0] * 32
    for name, value in spelled["registers"].items():
        registers[int(name[1:])] = number(value)
    return MachineState(
        pc=number(spelled["pc"]),
        registers=registers,
        steps=number(spelled["steps"]),
        status=Status(number(spelled["status"])),
        code=number(spelled["code"]),
    )


def _spell(state: MachineState) -> Mapping[str, Any]:
    """A state as vectors have it: the registers that aren't zero, by name."""
    return {
        "status": state.status,
        "code": state.code,
        "pc": state.pc,
        "steps": state.steps,
        "registers": {f"x{index}": value for index, value in enumerate(state.registers) if value},
    }


OPERATIONS: dict[str, Operation] = {
    "machine.decode": decode_word,
    "machine.step": step,
    "machine.state-hash": hash_state,
    "machine.run": run,
}
