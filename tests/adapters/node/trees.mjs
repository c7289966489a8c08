// Merkle trees of a fixed height, the memory tree and the trace tree (spec/merkle.md, memory.md, trace.md).

import { check } from "./errors.mjs";
import { digest } from "./hashing.mjs";
import { concat, equal, number, octets } from "./values.mjs";

export const PAGE_SIZE = 4096;

export const node = (domain, left, right) => digest(domain, concat(left, right)); // MRK-002

// The roots C_0 to C_height of subtrees with equal leaves (MRK-004).
export function constantRoots(domain, leaf, height) {
  const roots = [leaf];
  for (let level = 0; level < height; level++) roots.push(node(domain, roots[level], roots[level]));
  return roots;
}

// A sparse tree: leaves by index (a Map of Numbers), all others equal to `fill`.
export class Tree {
  constructor(domain, height, leaves, fill) {
    this.height = height;
    this.constants = constantRoots(domain, fill, height);
    this.levels = [leaves];
    for (let level = 0; level < height; level++) {
      const above = new Map();
      for (const position of this.levels[level].keys()) {
        const parent = Math.floor(position / 2);
        if (above.has(parent)) continue;
        above.set(parent, node(domain, this.node(level, 2 * parent), this.node(level, 2 * parent + 1)));
      }
      this.levels.push(above);
    }
  }

  node(level, position) {
    return this.levels[level].get(position) ?? this.constants[level];
  }

  get root() {
    return this.node(this.height, 0);
  }

  siblings(indices) {
    return concat(...siblingList(indices, this.height).map(([level, position]) => this.node(level, position)));
  }
}

const ascending = (numbers) => [...numbers].sort((one, other) => one - other);

// Level and position of each sibling of a proof (MRK-012).
function siblingList(indices, height) {
  const list = [];
  let known = new Set(indices);
  for (let level = 0; level < height; level++) {
    for (const position of ascending(known)) if (!known.has(position ^ 1)) list.push([level, position ^ 1]);
    known = new Set([...known].map((position) => position >> 1));
  }
  return list;
}

// The root that leaves and siblings lead to. `leaves`: [index as BigInt, digest] pairs in the proof's order.
export function rootFromProof(domain, height, leaves, siblings) {
  check(leaves.length > 0, "semantic/no-leaves", "MRK-014");
  for (let i = 1; i < leaves.length; i++) check(leaves[i][0] > leaves[i - 1][0], "semantic/index-order", "MRK-010");
  for (const [index] of leaves) check(index < 1n << BigInt(height), "semantic/index-range", "MRK-011");
  let known = new Map(leaves.map(([index, leaf]) => [Number(index), leaf]));
  const list = siblingList(known.keys(), height);
  check(siblings.length === 32 * list.length, "crypto/path-length", "MRK-015");
  let taken = 0;
  for (let level = 0; level < height; level++) {
    const parents = new Map();
    for (const position of ascending(known.keys())) {
      if (parents.has(position >> 1)) continue;
      const here = known.get(position);
      const sibling = known.get(position ^ 1) ?? siblings.subarray(32 * taken, 32 * ++taken);
      parents.set(position >> 1, position % 2 === 0 ? node(domain, here, sibling) : node(domain, sibling, here));
    }
    known = parents;
  }
  return known.get(0);
}

export function verifyProof(domain, height, root, leaves, siblings) {
  const found = rootFromProof(domain, height, leaves, siblings);
  check(equal(found, root), "crypto/root-mismatch", "MRK-016");
}

export const hashPage = (page) => digest("page", page); // MEM-003

let zeros;
export const zeroRoots = () => (zeros ??= constantRoots("memory-node", hashPage(new Uint8Array(PAGE_SIZE)), 20)); // MEM-004

// The tree over pages (a Map of page number to bytes), of the whole memory or of a region from page `first`.
export function memoryTree(pages, height = 20, first = 0) {
  const leaves = new Map([...pages].map(([page, content]) => [page - first, hashPage(content)]));
  return new Tree("memory-node", height, leaves, zeroRoots()[0]);
}

export function joinRegions(low, input, output) { // MEM-006
  return node("memory-node", low, node("memory-node", input, output));
}

export const segmentCount = (steps, log2) => (steps + (1n << BigInt(log2)) - 1n) >> BigInt(log2); // TRC-001

export function traceHeight(maxSteps, log2) { // TRC-003
  const boundaries = segmentCount(maxSteps, log2) + 1n;
  let height = 0;
  while (1n << BigInt(height) < boundaries) height += 1;
  return height;
}

export function traceTree(leaves, height) { // TRC-004
  return new Tree("trace-node", height, new Map(leaves.map((leaf, index) => [index, leaf])), leaves[leaves.length - 1]);
}

const given = ({ domain, height, leaves, fill }) =>
  new Tree(domain, Number(height), new Map(leaves.map((leaf, index) => [index, octets(leaf)])), octets(fill));

export const operations = {
  "merkle.root": (input) => ({ root: given(input).root }),
  "merkle.constant": ({ domain, leaf, height }) => ({ roots: constantRoots(domain, octets(leaf), Number(height)) }),
  "merkle.prove": (input) => ({ siblings: given(input).siblings(input.indices.map(Number)) }),
  "merkle.verify": ({ domain, height, root, leaves, siblings }) => {
    const pairs = leaves.map(({ index, digest: leaf }) => [number(index), octets(leaf)]);
    verifyProof(domain, Number(height), octets(root), pairs, octets(siblings));
    return {};
  },
  "memory.page": ({ page }) => ({ leaf: hashPage(octets(page)) }),
  "memory.root": ({ pages }) => {
    const tree = memoryTree(new Map(pages.map(({ number: page, data }) => [Number(page), octets(data)])));
    return { root: tree.root, low: tree.node(19, 0), input: tree.node(18, 2), output: tree.node(18, 3) };
  },
  "memory.join": ({ low, input, output }) => ({
    high: node("memory-node", octets(input), octets(output)),
    root: joinRegions(octets(low), octets(input), octets(output)),
  }),
  "trace.shape": ({ max_steps, segment_log2, steps }) => ({
    height: traceHeight(number(max_steps), Number(segment_log2)),
    segments: segmentCount(number(steps), Number(segment_log2)),
  }),
  "trace.root": ({ height, leaves }) => ({ root: traceTree(leaves.map(octets), Number(height)).root }),
};
