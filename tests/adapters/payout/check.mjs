// Reads a dump of a payout tree from standard input, loads it with OpenZeppelin's library, checks the whole tree, builds
// it anew from its values, and verifies a proof of every payee, ours where it is given and the library's.
import { readFileSync } from 'node:fs';
import { StandardMerkleTree } from '@openzeppelin/merkle-tree';

const { dump, proofs } = JSON.parse(readFileSync(0, 'utf8'));
const tree = StandardMerkleTree.load(dump);
tree.validate();
const anew = StandardMerkleTree.of(dump.values.map(({ value }) => value), dump.leafEncoding);
let verified = 0;
for (const [index, value] of tree.entries()) {
  const proof = tree.getProof(index);
  const ours = proofs[value[0]];
  if (JSON.stringify(ours) !== JSON.stringify(proof)) throw new Error(`the proof of ${value[0]} is another`);
  if (!StandardMerkleTree.verify(tree.root, dump.leafEncoding, value, ours)) throw new Error(`no proof of ${value[0]}`);
  if (StandardMerkleTree.verify(tree.root, dump.leafEncoding, [value[0], String(BigInt(value[1]) + 1n)], ours)) {
    throw new Error(`the proof of ${value[0]} proves another amount too`);
  }
  verified += 1;
}
const same = JSON.stringify(anew.dump()) === JSON.stringify(dump);
console.log(JSON.stringify({ root: tree.root, anew: anew.root, same, verified }));
