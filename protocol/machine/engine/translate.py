"""Translation of a set of basic blocks to one WebAssembly function.

Guest registers are locals while the function runs. It is entered at one of its entries and left through one exit, which
spills the registers that it changes, pc and budget. Each block takes its steps off the budget at its head, and gives
back those that it didn't execute when it is left in its middle. Whether the budget suffices is asked at the head of
each loop and at each entry: for the longest way from there to the next such place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from ..decode import Instruction
from ..state import PAGE_BITS
from . import access, jumps, layout, semantics
from . import wasm as w
from .access import Check, Facts, Kind, Plan
from .blocks import Block, Code
from .layout import CONTROL, GUEST, Exit
from .structure import Edge, Structure
from .wasm import I32, I64, Body, Module

_LONGEST_WAY = 1000
"""Steps after which the budget is asked for again, in any case."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A function's body, and where it can be entered: number by address."""

    body: Body
    entries: dict[int, int]


@dataclass(frozen=True, slots=True)
class Options:
    """What a translation depends on besides the code."""

    track: bool
    wide_arithmetic: bool


def translate(
    code: Code,
    blocks: Sequence[Block],
    entries: Collection[int],
    indirect: Collection[int],
    index: int,
    options: Options,
) -> Translated:
    """Translate blocks, ascending and each of a step at least, as function `index`.

    It can be entered at `entries`, at loop heads, and where computed jumps have been seen to lead, at `indirect`.
    """
    function = _Function(code, blocks, frozenset(entries) | frozenset(indirect), indirect, index, options)
    return Translated(function.body, function.entries)


def module(functions: Sequence[Translated]) -> bytes:
    """A module of functions, exported by their numbers. It imports the two memories, and nothing else."""
    made = Module(types=[((I32,), (I32,))])
    made.imported_memories = [("guest", layout.GUEST_WASM_PAGES), ("control", layout.CONTROL_PAGES)]
    for i, function in enumerate(functions):
        made.function(0, function.body, str(i))
    return made.encode()


class _Function:
    """Writes the function of some blocks."""

    def __init__(
        self,
        code: Code,
        blocks: Sequence[Block],
        entries: frozenset[int],
        indirect: Collection[int],
        index: int,
        options: Options,
    ) -> None:
        self._code, self._blocks, self._index, self._track = code, blocks, index, options.track
        self._node = {block.start: i for i, block in enumerate(blocks)}
        self._likely = jumps.predict(blocks, self._node, indirect)
        successors = [self._known_successors(i) for i in range(len(blocks))]
        self._entry_set: set[int] = set()
        self._structure = Structure(successors, self._entry_nodes(successors, entries))
        numbers = self._structure.numbers
        self.entries = {blocks[node].start: numbers[node] for node in sorted(self._entry_set)}
        self._same_page = self._find_same_page(successors)
        self._checkpoints, self._ways = self._measure()
        self._plans = self._plan_accesses(successors)
        body = self.body = Body(parameters=1, wide_arithmetic=options.wide_arithmetic)
        self._pc, self._budget, self._address = (body.local(I64) for _ in range(3))
        self._reason, self._entry = body.local(I32), body.local(I32)
        used, changed = self._registers()
        self._local = {register: body.local(I64) for register in sorted(used | changed)}
        self._write(sorted(changed))

    def _known_successors(self, node: int) -> list[int]:
        block = self._blocks[node]
        known = [*block.successors(), *self._likely.get(block.start, ())]
        return [self._node[pc] for pc in known if pc in self._node]

    def _entry_nodes(self, successors: list[list[int]], entries: frozenset[int]) -> list[int]:
        """The nodes to enter at: those asked for, targets of backward jumps, and what nothing leads to."""
        reached = {target for targets in successors for target in targets}
        backward = {target for source, targets in enumerate(successors) for target in targets if target <= source}
        self._entry_set |= {
            node
            for node, block in enumerate(self._blocks)
            if node in backward or node not in reached or block.start in entries
        }
        return sorted(self._entry_set)

    # Analyses

    def _find_same_page(self, successors: list[list[int]]) -> list[bool]:
        """For each block, whether it is entered from blocks on its own page alone."""
        same = [node not in self._entry_set for node in range(len(self._blocks))]
        for source, targets in enumerate(successors):
            for target in targets:
                if self._blocks[source].start >> PAGE_BITS != self._blocks[target].start >> PAGE_BITS:
                    same[target] = False
        return same

    def _measure(self) -> tuple[set[int], dict[int, int]]:
        """Where the budget is asked for, and from each block the most steps until it is asked for again."""
        structure = self._structure
        checkpoints = {node for node in structure.loops if node < structure.count}
        for switch in structure.switches.values():
            if switch.header is not None:
                checkpoints.add(switch.header)
        ways: dict[int, int] = {}
        for node in reversed(structure.order):
            if node >= structure.count:
                continue
            onward = [
                ways[edge.target]
                for edge in structure.edges[node]
                if edge.target < structure.count and edge.target not in checkpoints
            ]
            ways[node] = self._blocks[node].steps + max(onward, default=0)
            if ways[node] > _LONGEST_WAY:
                checkpoints.add(node)
        return checkpoints, ways

    def _plan_accesses(self, successors: list[list[int]]) -> dict[int, Plan]:
        """The checks of each block, with what is known from the blocks before it."""
        structure = self._structure
        after: dict[int, Facts] = {}
        before: dict[int, Facts] = {}
        changed = [_changed(block) for block in self._blocks]
        plans = {}
        for node in structure.order:
            if node >= structure.count:
                facts: Facts = {}
            else:
                facts = before.get(node, {})
                if node in structure.loops:
                    lost = set().union(*(changed[member] for member in structure.loops[node]))
                    facts = {key: window for key, window in facts.items() if key[0] not in lost}
                plans[node], facts = access.plan(self._blocks[node], facts, self._track)
            after[node] = facts
            for edge in structure.edges[node]:
                if structure.rank[edge.target] > structure.rank[node]:
                    before[edge.target] = _meet(before.get(edge.target), facts)
        return plans

    def _registers(self) -> tuple[set[int], set[int]]:
        """The registers that the blocks use, and those that they change."""
        used: set[int] = set()
        changed: set[int] = set()
        for block in self._blocks:
            for instruction in (*block.body, block.last):
                if instruction is not None:
                    used.update((instruction.rs1, instruction.rs2))
            changed |= _changed(block)
        return used - {0}, changed

    # The function

    def _write(self, changed: list[int]) -> None:
        body = self.body
        for register, local in self._local.items():
            body.i32(0)
            body.memory(w.I64_LOAD, layout.REGISTERS + 8 * register, CONTROL)
            body.set(local)
        body.i32(0)
        body.memory(w.I64_LOAD, layout.BUDGET, CONTROL)
        body.set(self._budget)
        body.block("exit")
        self._write_graph()
        body.end()
        for register in changed:
            body.i32(0)
            body.get(self._local[register])
            body.memory(w.I64_STORE, layout.REGISTERS + 8 * register, CONTROL)
        for local, offset in ((self._pc, layout.PC), (self._budget, layout.BUDGET)):
            body.i32(0)
            body.get(local)
            body.memory(w.I64_STORE, offset, CONTROL)
        body.get(self._reason)

    def _write_graph(self) -> None:
        """Write all nodes, nested along the dominator tree. Tasks on a stack, because the tree may be deep."""
        structure = self._structure
        self._merged = [count > 1 for count in structure.forward]
        children: list[list[int]] = [[] for _ in structure.rank]
        for node in structure.order[1:]:
            if self._merged[node]:
                children[structure.dominator[node]].append(node)
        self._children = children
        self._tasks: list[Callable[[], None]] = [partial(self._tree, structure.root)]
        while self._tasks:
            self._tasks.pop()()
        self.body.op(w.UNREACHABLE)

    def _tree(self, node: int) -> None:
        """Write a node and all that it dominates."""
        structure, body = self._structure, self.body
        if node in structure.loops or node == structure.root:
            body.loop(("loop", node))
            self._tasks.append(body.end)
        merged = self._children[node]
        for child in merged[::-1]:
            body.block(("merge", child))
        for child in merged[::-1]:
            self._tasks += [partial(self._tree, child), body.end]
        self._tasks.append(partial(self._write_node, node))

    def _go(self, source: int, edge: Edge) -> None:
        """Write what an edge does: set `resume`, and branch to its target or continue with it in place."""
        if edge.resume is not None:
            self.body.i32(edge.resume)
            self.body.set(0)
        if self._is_label(source, edge.target):
            self.body.br(self._label(source, edge.target))
        else:
            self._tasks.append(partial(self._tree, edge.target))

    def _is_label(self, source: int, target: int) -> bool:
        return self._merged[target] or self._structure.rank[target] <= self._structure.rank[source]

    def _label(self, source: int, target: int) -> tuple[str, int]:
        return ("loop" if self._structure.rank[target] <= self._structure.rank[source] else "merge", target)

    def _write_node(self, node: int) -> None:
        if node >= self._structure.count:
            self._write_switch(node)
            return
        block = self._blocks[node]
        if node in self._checkpoints:
            self._check_budget(node)
        if self._track:
            self._check_fetch(node)
        plan = self._plans[node]
        self._check_early(block, plan.early)
        self._take(block.steps)
        for position, instruction in enumerate(block.body):
            for check in plan.late.get(position, ()):
                self._push_failure(check)
                self._exit_if(Exit.STEP, block.start + 4 * position, block.steps - position)
            self._instruction(block.start + 4 * position, instruction)
        self._continue(node, block)

    def _write_switch(self, node: int) -> None:
        """Write a switch: the header if `resume` is 0, else the arm that it names."""
        body, switch = self.body, self._structure.switches[node]
        arms = list(dict.fromkeys(edge for edge in switch.arms if edge.target >= 0))
        natural = ("natural", node)
        body.block(natural)
        for edge in arms[::-1]:
            body.block(("arm", node, edge))
        if switch.header is not None:
            body.get(0)
            body.op(w.I32_EQZ)
            body.br_if(natural)
        body.get(0)
        body.i32(switch.first)
        body.op(w.I32_SUB)
        body.br_table([("arm", node, edge) if edge.target >= 0 else natural for edge in switch.arms], natural)
        if switch.header is not None:
            self._tasks.append(partial(self._go, node, Edge(switch.header)))
        else:
            self._tasks.append(partial(body.op, w.UNREACHABLE))
        self._tasks.append(body.end)
        for edge in arms[::-1]:
            self._tasks += [partial(self._arm, node, edge), body.end]

    def _arm(self, node: int, edge: Edge) -> None:
        """Write an arm of a switch. The budget is asked for here, unless the block that it leads to does so itself."""
        if edge.target < self._structure.count and edge.target not in self._checkpoints:
            self._check_budget(edge.target)
        self._go(node, edge)

    # Exits and checks

    def _exit(self, reason: Exit, pc: int | None, unspent: int = 0) -> None:
        """Leave with a reason, at a known address or (None) the one in `pc`."""
        body = self.body
        if unspent:
            body.get(self._budget)
            body.i64(unspent)
            body.op(w.I64_ADD)
            body.set(self._budget)
        if pc is not None:
            body.i64(pc)
            body.set(self._pc)
        if reason:
            body.i32(reason)
            body.set(self._reason)
        body.br("exit")

    def _exit_if(self, reason: Exit, pc: int, unspent: int = 0) -> None:
        """Leave if the number on the stack isn't zero."""
        self.body.if_(unlikely=True)
        self._exit(reason, pc, unspent)
        self.body.end()

    def _check_budget(self, node: int) -> None:
        """Leave if the budget might not last until it is asked for again."""
        self.body.get(self._budget)
        self.body.i64(self._ways[node])
        self.body.op(w.I64_LT_S)
        self._exit_if(Exit.TAIL, self._blocks[node].start)

    def _check_fetch(self, node: int) -> None:
        """Leave if the block's page isn't marked as seen, unless all blocks before it are on the same page."""
        start = self._blocks[node].start
        if self._same_page[node]:
            return
        self.body.i32(start >> PAGE_BITS)
        self.body.memory(w.I32_LOAD8_U, layout.SEEN_MAP, CONTROL)
        self.body.op(w.I32_EQZ)
        self._exit_if(Exit.STEP, start)

    def _take(self, steps: int) -> None:
        self.body.get(self._budget)
        self.body.i64(steps)
        self.body.op(w.I64_SUB)
        self.body.set(self._budget)

    # Instructions

    def _push(self, register: int) -> None:
        if register:
            self.body.get(self._local[register])
        else:
            self.body.i64(0)

    def _instruction(self, pc: int, instruction: Instruction) -> None:
        body, name, rd = self.body, instruction.mnemonic, instruction.rd
        if name in semantics.STORES:
            offset = self._push_address(instruction)
            self._push(instruction.rs2)
            body.memory(semantics.STORES[name][0], offset, GUEST)
        elif not rd or name == "fence":
            return
        else:
            if name in semantics.LOADS:
                offset = self._push_address(instruction)
                body.memory(semantics.LOADS[name][0], offset, GUEST)
            elif name == "lui":
                body.i64(instruction.immediate)
            elif name == "auipc":
                body.i64(pc + instruction.immediate)
            elif name in semantics.IMMEDIATE:
                self._immediate(instruction)
            else:
                semantics.compute(body, name, lambda: self._push(instruction.rs1), lambda: self._push(instruction.rs2))
            body.set(self._local[rd])

    def _immediate(self, instruction: Instruction) -> None:
        """Push the result of an instruction with an immediate; `addi` with 0 is a move."""
        if instruction.mnemonic == "addi" and not instruction.immediate:
            self._push(instruction.rs1)
            return
        semantics.compute(
            self.body,
            semantics.IMMEDIATE[instruction.mnemonic],
            lambda: self._push(instruction.rs1),
            lambda: self.body.i64(instruction.immediate),
        )

    def _sum(self, register: int, offset: int) -> None:
        """Push a register's value plus an offset."""
        self._push(register)
        if offset:
            self.body.i64(offset)
            self.body.op(w.I64_ADD)

    def _push_address(self, instruction: Instruction) -> int:
        """Push an access's address and return the static offset to add. Register and sum are known to be below 2^32."""
        self._sum(instruction.rs1, min(instruction.immediate, 0))
        self.body.op(w.I32_WRAP_I64)
        return max(instruction.immediate, 0)

    def _check_early(self, block: Block, checks: list[Check]) -> None:
        """Leave at the block's head unless all these checks hold: by one exit, which is what costs in compiling."""
        if len(checks) == 1:
            self._push_failure(checks[0])
            self._exit_if(Exit.STEP, block.start)
        elif checks:
            self.body.block("good")
            self.body.block("bad")
            for check in checks:
                self._push_failure(check)
                self.body.br_if("bad", unlikely=True)
            self.body.br("good")
            self.body.end()
            self._exit(Exit.STEP, block.start)
            self.body.end()

    def _push_failure(self, check: Check) -> None:
        """Push whether a check fails."""
        body, register, (low, high) = self.body, check.register, check.window
        if check.kind is Kind.INSIDE:
            self._sum(register, low)
            body.i64((1 << 32) - (high - low))
            body.op(w.I64_GT_U)
            return
        table = layout.WRITTEN_MAP if check.kind is Kind.WRITTEN else layout.SEEN_MAP
        for offset in sorted({low, high - 1}):
            self._sum(register, offset)
            body.i64(PAGE_BITS)
            body.op(w.I64_SHR_U, w.I32_WRAP_I64)
            body.memory(w.I32_LOAD8_U, table, CONTROL)
        if high - low > 1:
            body.op(w.I32_AND)
        body.op(w.I32_EQZ)

    # What follows a block

    def _continue(self, node: int, block: Block) -> None:
        last = block.last
        if block.stuck:
            self._exit(Exit.STEP, block.end)
        elif last is None:
            self._leave_for(node, block.next)
        elif last.mnemonic in semantics.BRANCHES:
            self._branch(node, block, last)
        elif block.target is not None:
            self._link(block, last)
            self._leave_for(node, block.target)
        else:
            self._indirect(node, block, last)

    def _leave_for(self, node: int, pc: int) -> None:
        """Go on at an address: a block of this function, or none."""
        if pc in self._node:
            self._go(node, self._structure.edge(node, self._node[pc]))
        else:
            self._exit(Exit.LOOK_UP, pc)

    def _link(self, block: Block, last: Instruction) -> None:
        if last.rd:
            self.body.i64(block.next)
            self.body.set(self._local[last.rd])

    def _branch(self, node: int, block: Block, last: Instruction) -> None:
        body = self.body
        assert block.target is not None
        self._push(last.rs1)
        self._push(last.rs2)
        body.op(semantics.BRANCHES[last.mnemonic])
        if block.target not in self._node:
            if block.target & 3:
                self._exit_if(Exit.STEP, block.end, 1)
            else:
                self._exit_if(Exit.LOOK_UP, block.target)
            self._leave_for(node, block.next)
            return
        taken = self._structure.edge(node, self._node[block.target])
        if block.next not in self._node:
            body.op(w.I32_EQZ)
            self._exit_if(Exit.LOOK_UP, block.next)
            self._go(node, taken)
            return
        other = self._structure.edge(node, self._node[block.next])
        if taken.resume is None and self._is_label(node, taken.target):
            body.br_if(self._label(node, taken.target))
            self._go(node, other)
        elif other.resume is None and self._is_label(node, other.target):
            body.op(w.I32_EQZ)
            body.br_if(self._label(node, other.target))
            self._go(node, taken)
        else:
            body.if_()
            self._tasks += [partial(self._go, node, other), body.end, partial(self._go, node, taken)]

    def _indirect(self, node: int, block: Block, last: Instruction) -> None:
        """A jump to a computed address: compare it with where it is likely to lead, then ask the table of entries."""
        body = self.body
        self._sum(last.rs1, last.immediate)
        body.i64(-2)
        body.op(w.I64_AND)
        body.set(self._address)
        self._tasks.append(partial(self._ask_table, node, block))
        for pc in self._likely.get(block.start, ())[::-1]:
            edge = self._structure.edge(node, self._node[pc])
            self._tasks += [body.end, partial(self._go, node, edge), partial(self._compare, block, last, pc)]

    def _compare(self, block: Block, last: Instruction, pc: int) -> None:
        """Open what is done if a jump leads to an address that it is likely to lead to."""
        self.body.get(self._address)
        self.body.i64(pc)
        self.body.op(w.I64_EQ)
        self.body.if_()
        self._link(block, last)

    def _ask_table(self, node: int, block: Block) -> None:
        """Go to the entry for `address`; leave if it is not one of this function's."""
        body, last = self.body, block.last
        assert last is not None
        body.get(self._address)
        body.i64(self._code.base)
        body.op(w.I64_SUB)
        body.i64(2)
        body.op(w.I64_ROTR)
        body.i64(self._code.size >> 2)
        body.op(w.I64_GE_U)
        self._exit_if(Exit.STEP, block.end, 1)
        self._link(block, last)
        body.get(self._address)
        body.op(w.I32_WRAP_I64)
        body.i32(self._code.base)
        body.op(w.I32_SUB)
        body.memory(w.I32_LOAD, layout.ENTRIES, CONTROL)
        body.i32(self._index << layout.ENTRY_BITS)
        body.op(w.I32_SUB)
        body.tee(0)
        body.i32(1)
        body.op(w.I32_SUB)
        body.i32(layout.ENTRY_MASK)
        body.op(w.I32_LT_U)
        body.br_if(("loop", self._structure.root))
        body.get(self._address)
        body.set(self._pc)
        self._exit(Exit.LOOK_UP, None)


def _changed(block: Block) -> set[int]:
    """The registers that a block writes."""
    changed = {instruction.rd for instruction in block.body}
    if block.last is not None:
        changed.add(block.last.rd)
    return changed - {0}


def _meet(known: Facts | None, other: Facts) -> Facts:
    """What holds on two paths (or on one, if no other has come yet)."""
    if known is None:
        return dict(other)
    met: Facts = {}
    for key, (low, high) in known.items():
        if key in other:
            low, high = max(low, other[key][0]), min(high, other[key][1])
            if low < high:
                met[key] = (low, high)
    return met
