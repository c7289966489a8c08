// Payout trees (spec/payout.md).

import { keccak_256 } from "@noble/hashes/sha3.js";
import { check } from "./errors.mjs";
import { concat, equal, number, octets } from "./values.mjs";

const MAX_PROOF = 64;

const pair = (one, other) => keccak_256(Buffer.compare(one, other) <= 0 ? concat(one, other) : concat(other, one));

function leafOf(address, amount) { // PAY-001
  const digits = amount.toString(16).padStart(64, "0");
  return keccak_256(keccak_256(concat(new Uint8Array(12), address, octets(digits))));
}

const read = (payouts) => payouts.map(([address, amount]) => [octets(address), number(amount)]);

function build(payouts) { // PAY-002 to PAY-004
  check(payouts.length > 0, "semantic/no-leaves", "PAY-004");
  const leaves = payouts.map(([address, amount], at) => ({ leaf: leafOf(address, amount), at }));
  leaves.sort((one, other) => Buffer.compare(one.leaf, other.leaf));
  const size = 2 * leaves.length - 1;
  const tree = new Array(size);
  const positions = new Array(leaves.length);
  leaves.forEach(({ leaf, at }, rank) => {
    positions[at] = size - 1 - rank;
    tree[size - 1 - rank] = leaf;
  });
  for (let i = leaves.length - 2; i >= 0; i--) tree[i] = pair(tree[2 * i + 1], tree[2 * i + 2]);
  return { tree, positions };
}

function proofOf(tree, position) { // PAY-005
  const proof = [];
  for (let i = position; i > 0; i = (i - 1) >> 1) proof.push(tree[i % 2 ? i + 1 : i - 1]);
  return proof;
}

export const operations = {
  "payout.tree": (input) => {
    const { tree, positions } = build(read(input.payouts));
    return { root: tree[0], tree, positions, proofs: positions.map((position) => proofOf(tree, position)) };
  },
  "payout.prove": (input) => {
    const payouts = read(input.payouts);
    const { tree, positions } = build(payouts);
    const at = payouts.findIndex(([address]) => equal(address, octets(input.address)));
    check(at >= 0, "semantic/unknown-payee", "PAY-005");
    return { proof: proofOf(tree, positions[at]) };
  },
  "payout.verify": ({ root, address, amount, proof }) => { // PAY-006
    check(proof.length <= MAX_PROOF, "crypto/path-length", "PAY-006");
    const top = proof.map(octets).reduce(pair, leafOf(octets(address), number(amount)));
    check(equal(top, octets(root)), "crypto/root-mismatch", "PAY-006");
    return {};
  },
};
