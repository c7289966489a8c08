// Committees, what their members sign, and claims judged by it (spec/attestation.md).

import { check } from "./errors.mjs";
import { encode } from "./encoding.mjs";
import { OPAQUE_CLAIM, checkOpaqueClaim, idOf } from "./commits.mjs";
import { signedId } from "./hashing.mjs";
import { signaturePoint, sumSignatures, verify, verifyAggregate, verifyPossession } from "./keys.mjs";
import { CLAIM, ascends, digestField, keyField, name, signatureField, unitId } from "./objects.mjs";
import { array, bytes, readObject, readOneOf, record, uint } from "./schema.mjs";
import { checkClaimCrypto, checkContradictions, judge } from "./verifier.mjs";
import { equal, octets } from "./values.mjs";

const MEMBER = record([[0, "key", keyField], [1, "possession", signatureField], [2, "weight", uint(1n)]]);

export const weightOf = (members) => members.reduce((total, { weight }) => total + weight, 0n);

export const COMMITTEE = record([[2, "network", name], [3, "epoch", uint()], [4, "members", array(MEMBER, 1, 1024)]], {
  kind: "tracework/committee",
  holds({ members }) {
    check(ascends(members.map(({ key }) => key)), "semantic/member-order", "ATT-003");
    check(weightOf(members) < 1n << 64n, "semantic/weight-sum", "ATT-004");
  },
});

export const committeeHash = ({ network, item }) => signedId("committee", network, encode(item)); // ATT-002

export function checkCommittee(committee) { // ATT-005
  for (const { key, possession } of committee.members) verifyPossession(key, possession);
}

const CHECK_MADE = record([[0, "kind", uint(1n, 4n)], [1, "samples", uint(1n, 4096n), true], [2, "round", uint(1n), true]], {
  holds({ kind, samples, round }) {
    const present = [samples, round].filter((field) => field !== undefined).length;
    check(present === (kind === 2n ? 2 : 0), "semantic/check-form", "ATT-042");
  },
});

export const STATEMENT = record([
  [0, "network", name], [1, "committee", digestField], [2, "epoch", uint()], [3, "unit", digestField],
  [4, "claim", digestField], [5, "check", CHECK_MADE], [6, "outcome", uint(1n, 2n)],
]);

export const shareOf = (body, kind) =>
  record([[2, "body", body], [3, "member", uint(0n, 1023n)], [4, "signature", signatureField]], { kind });
export const aggregateOf = (body, kind) =>
  record([[2, "body", body], [3, "bitfield", bytes(1, 128)], [4, "signature", signatureField]], { kind });

const ATTESTATION = shareOf(STATEMENT, "tracework/attestation");
export const AGGREGATE = aggregateOf(STATEMENT, "tracework/attestation-aggregate");

export const bodyId = (domain, body) => signedId(domain, body.network, encode(body.item)); // ATT-044, RCP-011

export function checkBody(body, committee) { // ATT-015, ATT-045
  check(equal(body.committee, committeeHash(committee)), "crypto/committee-mismatch", "ATT-015");
  check(body.network === committee.network, "crypto/network-mismatch", "ATT-015");
  if ("epoch" in body) check(body.epoch === committee.epoch, "crypto/epoch-mismatch", "ATT-045");
}

export function checkShare(domain, { body, member, signature }, committee) {
  checkBody(body, committee);
  check(member < BigInt(committee.members.length), "crypto/not-a-member", "ATT-016");
  verify(committee.members[Number(member)].key, bodyId(domain, body), signature); // ATT-017
  return { id: bodyId(domain, body), key: committee.members[Number(member)].key };
}

// The signers' positions, after ATT-013 and ATT-014.
export function signersOf(bitfield, { members }) {
  check(bitfield.length === Math.ceil(members.length / 8), "crypto/bitfield-length", "ATT-013");
  const signers = [];
  for (let i = 0; i < 8 * bitfield.length; i++) if ((bitfield[i >> 3] >> (i & 7)) & 1) signers.push(i);
  check(signers.every((i) => i < members.length), "crypto/bitfield-padding", "ATT-014");
  return signers;
}

export function checkAggregate(domain, { body, bitfield, signature }, committee) {
  checkBody(body, committee);
  const signers = signersOf(bitfield, committee);
  const members = signers.map((i) => committee.members[i]);
  verifyAggregate(members.map(({ key }) => key), bodyId(domain, body), signature); // ATT-018
  return { id: bodyId(domain, body), signers, weight: weightOf(members) };
}

export function checkThreshold(committee, threshold) { // ATT-020
  const total = weightOf(committee.members);
  check(total < 2n * threshold && threshold <= total, "policy/bad-threshold", "ATT-020");
}

// Whether a policy names this committee, and its signers reach the threshold.
export function checkPolicy(policy, committee, weight) {
  check(policy, "policy/way-not-asked", "ATT-051");
  check(equal(policy.committee, committeeHash(committee)), "policy/other-committee", "ATT-052");
  checkEnough(committee, policy.threshold, weight);
}

export function checkEnough(committee, threshold, weight) { // ATT-020, ATT-021
  checkThreshold(committee, threshold);
  check(weight >= threshold, "policy/below-threshold", "ATT-021");
}

function aggregate({ shares: files, committee: file }) {
  const shares = files.map((share) => readObject(ATTESTATION, octets(share)));
  const committee = readObject(COMMITTEE, octets(file));
  checkCommittee(committee);
  check(shares.length > 0, "crypto/empty-signer-set", "ATT-031");
  const [{ body }] = shares;
  const same = shares.every((share) => equal(encode(share.body.item), encode(body.item)));
  check(same, "crypto/mixed-bodies", "ATT-032");
  for (const share of shares) checkShare("statement", share, committee); // ATT-033
  const bySigner = new Map(shares.map((share) => [Number(share.member), share.signature])); // ATT-030
  const signers = new Uint8Array(Math.ceil(committee.members.length / 8));
  for (const member of bySigner.keys()) signers[member >> 3] |= 1 << (member & 7);
  const signature = sumSignatures([...bySigner.values()].map(signaturePoint));
  const made = new Map([[0n, AGGREGATE.kind], [1n, 1n], [2n, body.item], [3n, signers], [4n, signature]]);
  return { aggregate: encode(made), signers, signature };
}

export function judgeClaim(input) {
  const files = [input.claim, input.committee, input.aggregate].map(octets);
  const claim = readOneOf([CLAIM, OPAQUE_CLAIM], files[0]);
  const attested = readObject(AGGREGATE, files[2]);
  const committee = readObject(COMMITTEE, files[1]);
  const opaque = claim.kind === OPAQUE_CLAIM.kind;
  const id = idOf(claim);
  if (opaque) checkOpaqueClaim(claim);
  else checkClaimCrypto(claim, id);
  checkCommittee(committee);
  const { weight } = checkAggregate("statement", attested, committee);
  const { body } = attested;
  check(body.network === claim.unit.body.network, "crypto/network-mismatch", "ATT-050");
  check(equal(body.unit, unitId(claim.unit)), "crypto/unit-mismatch", "ATT-050");
  check(equal(body.claim, id), "crypto/claim-mismatch", "ATT-050");
  const verdict = judge(files, claim, id, {}, "valid", "accepted", () => opaque || checkContradictions(claim));
  if (verdict.claim === "refuted") return verdict; // ATT-056
  checkPolicy(claim.unit.body.policy.attestation, committee, weight);
  if (body.outcome === 1n) return verdict;
  return { ...verdict, claim: "inconclusive", error: { stage: "policy", code: "attested-against" } }; // ATT-055
}

export const withCommittee = (shape, name_, operation) => (input) => {
  const signed = readObject(shape, octets(input[name_]));
  const committee = readObject(COMMITTEE, octets(input.committee));
  checkCommittee(committee);
  return operation(signed, committee);
};

export const operations = {
  "attestation.committee": ({ committee: file }) => {
    const committee = readObject(COMMITTEE, octets(file));
    checkCommittee(committee);
    const { members } = committee;
    return { hash: committeeHash(committee), members: members.length, total: weightOf(members) };
  },
  "attestation.share": withCommittee(ATTESTATION, "share", (share, committee) =>
    checkShare("statement", share, committee),
  ),
  "attestation.check": withCommittee(AGGREGATE, "aggregate", (made, committee) =>
    checkAggregate("statement", made, committee),
  ),
  "attestation.aggregate": aggregate,
  "attestation.judge": judgeClaim,
};
