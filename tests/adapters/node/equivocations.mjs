// Two signatures that exclude each other (spec/equivocation.md).

import { check } from "./errors.mjs";
import { COMMIT_BODY, OPAQUE_CLAIM_BODY } from "./commits.mjs";
import { COMMITTEE, STATEMENT, checkAggregate, checkCommittee, signersOf } from "./committees.mjs";
import { encode } from "./encoding.mjs";
import { signedId } from "./hashing.mjs";
import { verify } from "./keys.mjs";
import { CLAIM_BODY, name, signatureField } from "./objects.mjs";
import { RECEIPT_BODY } from "./receipts.mjs";
import { bytes, readObject, record, uint } from "./schema.mjs";
import { equal, octets } from "./values.mjs";

// What was signed, and the keys of its map that both bodies must have in common.
const KINDS = {
  1: { shape: CLAIM_BODY, domain: "claim", common: () => [0n, 1n] },
  2: { shape: OPAQUE_CLAIM_BODY, domain: "opaque-claim", common: () => [0n, 1n] },
  3: { shape: COMMIT_BODY, domain: "commit", common: () => [0n, 1n, 2n] },
  4: {
    shape: RECEIPT_BODY, domain: "receipt", members: true,
    common: ({ kind }) => [0n, 1n, 2n, 3n, 6n, ...(kind >= 4n ? [4n] : [])],
  },
  5: { shape: STATEMENT, domain: "statement", members: true, common: () => [0n, 1n, 2n, 3n, 4n, 5n] },
};

const SIDE = record([[0, "encoded", bytes(1, 4096)], [1, "bitfield", bytes(1, 128), true], [2, "signature", signatureField]]);

export const EQUIVOCATION = record(
  [
    [2, "what", uint(1n, 5n)], [3, "network", name], [4, "first", SIDE], [5, "second", SIDE],
    [6, "committee", COMMITTEE, true],
  ],
  {
    kind: "tracework/equivocation",
    holds({ what, first, second, committee }) { // EQV-003
      const { shape, members = false, common } = KINDS[what];
      const parts = [first.bitfield, second.bitfield, committee];
      check(parts.every((part) => (part !== undefined) === members), "semantic/equivocation-form", "EQV-004");
      check(Buffer.compare(first.encoded, second.encoded) < 0, "semantic/side-order", "EQV-005");
      for (const side of [first, second]) side.body = readObject(shape, side.encoded); // EQV-006
      const same = common(first.body).every((key) => {
        const [one, other] = [first, second].map(({ body }) => encode(body.item.get(key)));
        return equal(one, other);
      });
      check(same, "semantic/no-contradiction", "EQV-007");
    },
  },
);

export function checkEquivocation({ what, network, first, second, committee }) {
  const { domain, members } = KINDS[what];
  const sides = [first, second];
  for (const { body } of sides) {
    check(body.network === undefined || body.network === network, "crypto/network-mismatch", "EQV-010");
  }
  if (!members) { // EQV-011
    for (const { body, signature } of sides) verify(body.worker, signedId(domain, network, encode(body.item)), signature);
    return { accused: [first.body.worker], blame: "worker" };
  }
  checkCommittee(committee); // EQV-012
  for (const side of sides) checkAggregate(domain, side, committee); // EQV-013
  const others = new Set(signersOf(second.bitfield, committee));
  const both = signersOf(first.bitfield, committee).filter((member) => others.has(member));
  check(both.length > 0, "crypto/no-common-signer", "EQV-014");
  return { accused: both.map((member) => committee.members[member].key), blame: "members" };
}

export const operations = {
  "equivocation.check": ({ evidence }) => checkEquivocation(readObject(EQUIVOCATION, octets(evidence))),
};
