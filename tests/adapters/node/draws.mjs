// Draws from a seed that nobody could choose (spec/draws.md).

import { check } from "./errors.mjs";
import { digest } from "./hashing.mjs";
import { concat, le64, number, octets } from "./values.mjs";

const DRAW_MOST = 1n << 128n;

export class Stream {
  constructor(seed) {
    this.seed = seed;
    this.blocks = 0n;
  }

  block(index) { // DRW-002
    return digest("draw", concat(this.seed, le64(index)));
  }

  below(limit) { // DRW-003, DRW-004
    check(limit >= 1n && limit <= DRAW_MOST, "semantic/draw-range", "DRW-004");
    let bits = 0n;
    while (1n << bits < limit) bits += 1n;
    for (;;) {
      const block = this.block(this.blocks++).subarray(0, 16);
      const value = block.reduceRight((total, byte) => (total << 8n) | BigInt(byte), 0n) & ((1n << bits) - 1n);
      if (value < limit) return value;
    }
  }
}

export function sample(stream, count, size) { // DRW-010, DRW-011
  check(count <= size, "semantic/draw-count", "DRW-011");
  const moved = new Map(); // The list a, where it differs from 0 to N − 1.
  const drawn = [];
  for (let i = 0n; i < count; i++) {
    const other = i + stream.below(size - i);
    drawn.push(moved.get(other) ?? other);
    moved.set(other, moved.get(i) ?? i);
  }
  return drawn;
}

function weighted(stream, count, weights) { // DRW-020, DRW-021
  const left = weights.map((weight, position) => ({ weight, position })).filter(({ weight }) => weight > 0n);
  check(count <= BigInt(left.length), "semantic/draw-count", "DRW-011");
  const drawn = [];
  for (let i = 0n; i < count; i++) {
    let rest = stream.below(left.reduce((sum, { weight }) => sum + weight, 0n));
    const at = left.findIndex(({ weight }) => (rest -= weight) < 0n);
    drawn.push(left[at].position);
    left.splice(at, 1);
  }
  return drawn;
}

export const operations = {
  "draws.below": ({ seed, limits }) => {
    const stream = new Stream(octets(seed));
    const drawn = limits.map((limit) => stream.below(number(limit)));
    return { drawn, blocks: stream.blocks, first_block: stream.block(0n) };
  },
  "draws.sample": ({ seed, count, size }) => {
    const stream = new Stream(octets(seed));
    return { drawn: sample(stream, number(count), number(size)), blocks: stream.blocks };
  },
  "draws.weighted": ({ seed, count, weights }) => {
    const stream = new Stream(octets(seed));
    return { drawn: weighted(stream, number(count), weights.map(number)), blocks: stream.blocks };
  },
};
