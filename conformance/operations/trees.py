"""Trees: roots, proofs and their verification (spec/merkle.md, spec/memory.md, spec/trace.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.hashing import MEMORY_NODE
from ...protocol.trees import memory, merkle, trace
from ..values import number, octets
from . import Operation


def _leaves(input: Mapping[str, Any]) -> dict[int, bytes]:
    return {number(leaf["index"]): octets(leaf["digest"]) for leaf in input["leaves"]}


def _tree(input: Mapping[str, Any]) -> dict[tuple[int, int], bytes]:
    """Every digest, by level and position, of a small tree: given leaves from index 0, `fill` in the others."""
    height = number(input["height"])
    given = [octets(leaf) for leaf in input["leaves"]]
    level = given + [octets(input["fill"])] * ((1 << height) - len(given))
    nodes = {(0, position): digest for position, digest in enumerate(level)}
    for above in range(1, height + 1):
        level = [merkle.hash_node(input["domain"], *level[at : at + 2]) for at in range(0, len(level), 2)]
        nodes.update({(above, position): digest for position, digest in enumerate(level)})
    return nodes


def root(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The root of a tree of any height."""
    return {"root": _tree(input)[number(input["height"]), 0]}


def constant(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The roots of subtrees whose leaves are all equal."""
    roots = merkle.constant_roots(input["domain"], octets(input["leaf"]), number(input["height"]))
    return {"roots": roots}


def prove(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The siblings that prove some leaves."""
    nodes = _tree(input)
    indices = [number(index) for index in input["indices"]]
    siblings = merkle.make_proof(indices, number(input["height"]), lambda level, at: nodes[level, at])
    return {"siblings": siblings}


def verify(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whether leaves stand at their indices under a root."""
    height, leaves = number(input["height"]), _leaves(input)
    if leaves:  # A mapping can't show that an index came twice.
        merkle.check_indices([number(leaf["index"]) for leaf in input["leaves"]], height)
    merkle.verify_proof(input["domain"], height, octets(input["root"]), leaves, octets(input["siblings"]))
    return {}


def page(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The leaf of a page."""
    return {"leaf": memory.hash_page(octets(input["page"]))}


def memory_root(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The memory root over some pages, all others being zero, and its three parts."""
    tree = memory.MemoryTree()
    tree.update({number(page["number"]): memory.hash_page(octets(page["data"])) for page in input["pages"]})
    return {"root": tree.root, "low": tree.node(19, 0), "input": tree.node(18, 2), "output": tree.node(18, 3)}


def memory_join(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The memory root from its three parts."""
    low, given, made = (octets(input[part]) for part in ("low", "input", "output"))
    return {"high": merkle.hash_node(MEMORY_NODE, given, made), "root": memory.join_regions(low, given, made)}


def trace_shape(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The trace tree's height, and the number of segments of a run."""
    segment_log2, steps = number(input["segment_log2"]), number(input["steps"])
    return {
        "height": trace.height(number(input["max_steps"]), segment_log2),
        "segments": trace.segment_count(steps, segment_log2),
    }


def trace_root(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The trace root over a run's own leaves."""
    leaves = [octets(leaf) for leaf in input["leaves"]]
    return {"root": trace.TraceTree(leaves, number(input["height"])).root}


OPERATIONS: dict[str, Operation] = {
    "merkle.root": root,
    "merkle.constant": constant,
    "merkle.prove": prove,
    "merkle.verify": verify,
    "memory.page": page,
    "memory.root": memory_root,
    "memory.join": memory_join,
    "trace.shape": trace_shape,
    "trace.root": trace_root,
}
