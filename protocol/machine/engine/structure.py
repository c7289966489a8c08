"""Control flow: from any graph of blocks to one that WebAssembly's blocks and loops can express.

A graph is *reducible* if each of its loops is entered at one place only, its header. Compilers mostly make such graphs,
but a function that can be entered at many places (after a boundary, behind a call) is not one, and a hostile program
need not be. So every loop that has further entries gets a *switch* in front of its header: who wants to enter
elsewhere sets the variable `resume` to the entry's number and goes to the switch, which leads on, through the switches
of inner loops where there are some. `resume` is 0 otherwise. The whole function is entered through such a switch, too.

Loops are found as strongly connected components: those of the graph, then, with the edges into each one's header cut,
those within them, and so on. The result is reducible by construction; blocks nest along its dominator tree (N. Ramsey,
"Beyond Relooper", 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

ROOT = -1
"""The source of the edges that enter the function."""
_DEEPEST = 24
"""Loops nested more deeply than this are not taken apart any further: each backward edge inside goes by the switch."""


class StructureError(Exception):
    """The graph came out irreducible, which would be a mistake in this module."""


@dataclass(eq=False)
class Component:
    """A loop: a strongly connected component, after the edges to the headers of those around it have been cut."""

    parent: Component | None
    nodes: frozenset[int]
    header: int | None = None
    flat: bool = False
    switch: int | None = None
    """The node of its switch, if it has one."""
    entered: list[int] = field(default_factory=list)
    """Where it is entered from outside, besides its header."""
    depth: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a branch leads in the finished graph: to a node, with `resume` set first unless it is None."""

    target: int
    resume: int | None = None


@dataclass(slots=True)
class Switch:
    """A switch: `resume` equal to `first + i` goes to `arms[i]`; all else to the header (the root has none)."""

    first: int
    arms: list[Edge]
    header: int | None
    whole: Component


class Structure:
    """The reducible graph. Nodes 0 to n-1 are the caller's, then come switches, the root's switch first."""

    def __init__(self, successors: Sequence[Sequence[int]], entries: Sequence[int]) -> None:
        self._successors = successors
        self._entries = frozenset(entries)
        self.count = count = len(successors)
        self._predecessors: list[list[int]] = [[] for _ in range(count)]
        for source, targets in enumerate(successors):
            for target in targets:
                self._predecessors[target].append(source)
        for entry in self._entries:
            self._predecessors[entry].append(ROOT)
        self.root = count
        self._components: list[Component] = []
        self._innermost: list[Component] = []
        self._position = [0] * count
        self._decompose()
        self.numbers = self._number()
        """The value of `resume` for each node that has one, from 1."""
        self.switches = self._make_switches()
        self.edges = [self._block_edges(node) for node in range(count)]
        for switch in self.switches.values():
            header = [] if switch.header is None else [Edge(switch.header)]
            self.edges.append(header + list(dict.fromkeys(edge for edge in switch.arms if edge.target >= 0)))
        self.order: list[int] = []
        self.rank: list[int] = []
        self.dominator: list[int] = []
        self.forward: list[int] = []
        """Forward edges that lead to each node."""
        self.loops: dict[int, frozenset[int]] = {}
        """The nodes of the loop of each node that a backward edge leads to."""
        self._analyse()

    def edge(self, source: int, target: int) -> Edge:
        """Where a branch from the node `source` (or ROOT) to the node `target` leads in the finished graph."""
        outermost: Component | None = None
        component: Component | None = self._innermost[target]
        while component is not None and source not in component.nodes:
            outermost, component = component, component.parent
        if outermost is not None:
            if target == outermost.header:
                return Edge(target if outermost.switch is None else outermost.switch)
            assert outermost.switch is not None
            return Edge(outermost.switch, self.numbers[target])
        innermost = self._innermost[target]
        if innermost.switch is not None:
            if target == innermost.header:
                return Edge(innermost.switch)
            if innermost.flat and self._position[target] <= self._position[source]:
                return Edge(innermost.switch, self.numbers[target])
        return Edge(target)

    def _block_edges(self, node: int) -> list[Edge]:
        return [self.edge(node, target) for target in self._successors[node]]

    # Finding the loops

    def _decompose(self) -> None:
        whole = Component(None, frozenset([ROOT, *range(self.count)]), switch=self.root)
        self._components.append(whole)
        self._innermost = [whole] * self.count
        work = [(whole, list(range(self.count)))]
        while work:
            parent, nodes = work.pop()
            for found in self._strongly_connected(nodes, parent):
                component = Component(parent, frozenset(found), depth=parent.depth + 1)
                self._components.append(component)
                for node in found:
                    self._innermost[node] = component
                entered = [n for n in found if any(p not in component.nodes for p in self._predecessors[n])]
                if component.depth > _DEEPEST:
                    component.flat = True
                    self._flatten(component, entered)
                    continue
                component.header = self._choose_header(component, entered)
                component.entered = [node for node in entered if node != component.header]
                if component.entered:
                    component.switch = ROOT  # numbered below
                work.append((component, found))

    def _choose_header(self, component: Component, entered: list[int]) -> int:
        """The entry with the most edges from inside; of several, the first in the caller's order."""
        inside = component.nodes
        return max(entered, key=lambda n: (sum(p in inside for p in self._predecessors[n]) > 0, -n))

    def _flatten(self, component: Component, entered: list[int]) -> None:
        """Let every edge that doesn't lead forward in the caller's order go by the switch."""
        backward = set(entered)
        for node in component.nodes:
            self._position[node] = node
            backward.update(t for t in self._successors[node] if t in component.nodes and t <= node)
        component.entered = sorted(backward)
        component.switch = ROOT

    def _strongly_connected(self, nodes: list[int], inside: Component) -> list[list[int]]:
        """The components with a cycle among `nodes`, cutting the edges to the header of `inside` (Tarjan)."""
        members, header = inside.nodes, inside.header
        index: dict[int, int] = {}
        low: dict[int, int] = {}
        on_stack: set[int] = set()
        stack: list[int] = []
        found: list[list[int]] = []
        successors = self._successors
        for start in nodes:
            if start in index:
                continue
            index[start] = low[start] = len(index)
            stack.append(start)
            on_stack.add(start)
            path = [(start, iter(successors[start]))]
            while path:
                node, targets = path[-1]
                for target in targets:
                    if target == header or target not in members:
                        continue
                    if target not in index:
                        index[target] = low[target] = len(index)
                        stack.append(target)
                        on_stack.add(target)
                        path.append((target, iter(successors[target])))
                        break
                    if target in on_stack:
                        low[node] = min(low[node], index[target])
                else:
                    path.pop()
                    if path:
                        low[path[-1][0]] = min(low[path[-1][0]], low[node])
                    if low[node] == index[node]:
                        component = []
                        while True:
                            member = stack.pop()
                            on_stack.discard(member)
                            component.append(member)
                            if member == node:
                                break
                        if len(component) > 1 or (node != header and node in successors[node]):
                            found.append(sorted(component))
        return found

    # Switches

    def _number(self) -> dict[int, int]:
        """Number the nodes that are entered past a header, those of one loop in a row."""
        children: dict[int, list[Component]] = {}
        for component in self._components[1:]:
            children.setdefault(id(component.parent), []).append(component)
        counter, stack = 0, [self._components[0]]
        while stack:
            component = stack.pop()
            component.number = counter
            counter += 1
            stack += children.get(id(component), [])
        needed = set(self._entries).union(*(component.entered for component in self._components))
        ordered = sorted(needed, key=lambda node: (self._innermost[node].number, node))
        return {node: i for i, node in enumerate(ordered, 1)}

    def _make_switches(self) -> dict[int, Switch]:
        with_switch = [component for component in self._components if component.switch is not None]
        for i, component in enumerate(with_switch):
            component.switch = self.root + i
        with_switch[0].entered = sorted(self._entries)
        return {self.root + i: self._make_switch(component) for i, component in enumerate(with_switch)}

    def _make_switch(self, component: Component) -> Switch:
        targets = {self.numbers[node]: node for node in component.entered}
        first = min(targets, default=1)
        default = Edge(-1)
        arms = [default] * (max(targets, default=0) - first + 1)
        for number, node in targets.items():
            arms[number - first] = self._onward(component, node)
        header = None
        if component.header is not None:
            header = component.header
        return Switch(first, arms, header, component)

    def _onward(self, component: Component, node: int) -> Edge:
        """From a component's switch to one of the places where it is entered: there, or to an inner loop's switch."""
        inner: Component | None = self._innermost[node]
        below: Component | None = None
        while inner is not None and inner is not component:
            below, inner = inner, inner.parent
        if below is None or below.switch is None:
            return Edge(node, 0)
        if node == below.header:
            return Edge(below.switch, 0)
        return Edge(below.switch)

    # Order and dominators

    def _analyse(self) -> None:
        edges = [[edge.target for edge in of] for of in self.edges]
        seen = {self.root}
        postorder: list[int] = []
        path = [(self.root, iter(edges[self.root]))]
        while path:
            node, targets = path[-1]
            for target in targets:
                if target not in seen:
                    seen.add(target)
                    path.append((target, iter(edges[target])))
                    break
            else:
                path.pop()
                postorder.append(node)
        self.order = postorder[::-1]
        self.rank = rank = [-1] * len(edges)
        for i, node in enumerate(self.order):
            rank[node] = i
        self.forward = [0] * len(edges)
        sources: list[list[int]] = [[] for _ in edges]
        for node in self.order:
            for target in edges[node]:
                if rank[target] > rank[node]:
                    self.forward[target] += 1
                    sources[target].append(node)
        self._dominate(sources)
        self._check(edges)

    def _dominate(self, sources: list[list[int]]) -> None:
        """Immediate dominators. In a reducible graph the forward edges determine them, in one pass."""
        rank = self.rank
        self.dominator = dominator = [-1] * len(rank)
        for node in self.order[1:]:
            common = sources[node][0]
            for other in sources[node][1:]:
                while common != other:
                    if rank[common] > rank[other]:
                        common = dominator[common]
                    else:
                        other = dominator[other]
            dominator[node] = common

    def _check(self, edges: list[list[int]]) -> None:
        """Note the loops, and that each backward edge leads to a node that dominates it."""
        headers = {component.header: component.nodes for component in self._components if component.switch is None}
        whole = {number: switch.whole.nodes for number, switch in self.switches.items()}
        for node in self.order:
            for target in edges[node]:
                if self.rank[target] <= self.rank[node]:
                    above = node
                    while self.rank[above] > self.rank[target]:
                        above = self.dominator[above]
                    if above != target:
                        raise StructureError(f"the edge from {node} to {target} enters a loop past its header")
                    self.loops[target] = whole[target] if target >= self.count else headers[target]
