// Commits, reveals, and claims on opaque units (spec/commit.md).

import { check } from "./errors.mjs";
import { encode } from "./encoding.mjs";
import { digest, signedId } from "./hashing.mjs";
import { verify } from "./keys.mjs";
import { CLAIM, UNIT, claimId, digestField, keyField, name, names, signatureField, unitId } from "./objects.mjs";
import { bytes, readObject, readOneOf, record } from "./schema.mjs";
import { traceTree } from "./trees.mjs";
import { checkClaimCrypto, checkContradictions, checkUnitSignature, judge } from "./verifier.mjs";
import { concat, equal, octets } from "./values.mjs";

export const COMMIT_BODY = record([
  [0, "network", name], [1, "unit", digestField], [2, "worker", keyField], [3, "commitment", digestField],
]);

export const COMMIT = record([[2, "body", COMMIT_BODY], [3, "signature", signatureField]], { kind: "tracework/commit" });

export const commitId = ({ body }) => signedId("commit", body.network, encode(body.item)); // CMT-002

export const REVEAL = record(
  [[2, "claim", CLAIM], [3, "blinding", digestField], [4, "leaves", bytes(64, 33554432)], [5, "signature", signatureField]],
  {
    kind: "tracework/reveal",
    holds: ({ claim, leaves }) =>
      check(BigInt(leaves.length) === 32n * claim.body.leafCount, "semantic/leaves-length", "CMT-022"),
  },
);

export const OPAQUE_CLAIM_BODY = record([[0, "unit", digestField], [1, "worker", keyField], [2, "result", digestField]]);

export const OPAQUE_CLAIM = record([[2, "unit", UNIT], [3, "body", OPAQUE_CLAIM_BODY], [4, "signature", signatureField]], {
  kind: "tracework/opaque-claim",
  holds: ({ unit }) => check(unit.body.opaque, "semantic/not-opaque", "CMT-042"),
});

export const OPAQUE_REVEAL = record(
  [[2, "claim", OPAQUE_CLAIM], [3, "blinding", digestField], [4, "signature", signatureField]],
  { kind: "tracework/opaque-reveal" },
);

const isOpaque = ({ unit }) => unit.body.opaque !== undefined;

// The id of a claim of either kind (CLM-002, CMT-041).
export const idOf = (claim) =>
  isOpaque(claim) ? signedId("opaque-claim", claim.unit.body.network, encode(claim.body.item)) : claimId(claim);

export function resultOf(claim) { // CMT-050
  if (isOpaque(claim)) return claim.body.result;
  return digest("result", encode(new Map([...claim.body.item].filter(([key]) => key > 1n))));
}

export function revealId({ item, claim }) { // CMT-021
  const signature = isOpaque(claim) ? 4n : 5n;
  return signedId("reveal", claim.unit.body.network, encode(new Map([...item].filter(([key]) => key !== signature))));
}

export const verifyReveal = (reveal) => verify(reveal.claim.body.worker, revealId(reveal), reveal.signature); // CMT-023

export function checkOpaqueClaim(claim) { // CMT-043, CMT-044
  checkUnitSignature(claim.unit);
  check(equal(claim.body.unit, unitId(claim.unit)), "crypto/unit-mismatch", "CMT-043");
  verify(claim.body.worker, idOf(claim), claim.signature);
}

// The checks on a reveal alone that can't refute its claim (CMT-025, CMT-045).
export function checkRevealCrypto(reveal) {
  const { claim } = reveal;
  if (isOpaque(claim)) checkOpaqueClaim(claim);
  else checkClaimCrypto(claim, claimId(claim));
  verifyReveal(reveal);
  if (isOpaque(claim)) return;
  const leaves = [];
  for (let at = 0; at < reveal.leaves.length; at += 32) leaves.push(reveal.leaves.subarray(at, at + 32));
  const { root } = traceTree(leaves, claim.unit.body.context.height);
  check(equal(root, claim.body.traceRoot), "crypto/leaves-mismatch", "CMT-024");
}

export const readReveal = (data) => readOneOf([REVEAL, OPAQUE_REVEAL], data);

export function contradictions({ claim }) { // CLM-026, CLM-027
  if (!isOpaque(claim)) checkContradictions(claim);
}

export function checkCommit(commit, unit) { // CMT-010 to CMT-012
  const { body, signature } = commit;
  check(body.network === unit.body.network, "crypto/network-mismatch", "CMT-010");
  check(equal(body.unit, unitId(unit)), "crypto/unit-mismatch", "CMT-011");
  verify(body.worker, commitId(commit), signature);
}

export const commitmentOf = ({ claim, blinding }) => // CMT-003
  digest("commitment", concat(claim.body.unit, claim.body.worker, idOf(claim), blinding));

export function checkOpening({ body }, reveal) {
  const { unit, body: claimed } = reveal.claim;
  const same = body.network === unit.body.network && equal(body.unit, claimed.unit);
  check(same, "crypto/unit-mismatch", "CMT-030");
  check(equal(body.worker, claimed.worker), "crypto/worker-mismatch", "CMT-031");
  check(equal(body.commitment, commitmentOf(reveal)), "crypto/commitment-mismatch", "CMT-032");
}

const described = (reveal) => {
  return { claim_id: idOf(reveal.claim), result_digest: resultOf(reveal.claim) };
};

export const operations = {
  "commit.check": (input) => {
    const commit = readObject(COMMIT, octets(input.commit));
    const unit = readObject(UNIT, octets(input.unit));
    checkUnitSignature(unit);
    checkCommit(commit, unit);
    return { id: commitId(commit), commitment: commit.body.commitment };
  },
  "commit.reveal": (input) => {
    const data = octets(input.reveal);
    const reveal = readReveal(data);
    checkRevealCrypto(reveal);
    const { claim } = reveal;
    const verdict = judge(data, claim, idOf(claim), {}, "incomplete", "inconclusive", () => contradictions(reveal));
    const missing = ["CMT-032", isOpaque(claim) ? "RED-030" : "CLM-031"];
    const output = { id: revealId(reveal), ...described(reveal), ...verdict };
    return verdict.claim === "refuted" ? output : { ...output, missing };
  },
  "commit.open": (input) => {
    const commit = readObject(COMMIT, octets(input.commit));
    const reveal = readReveal(octets(input.reveal));
    const { unit } = reveal.claim;
    checkRevealCrypto(reveal);
    verify(commit.body.worker, commitId(commit), commit.signature);
    checkOpening(commit, reveal);
    return {
      unit: unitId(unit), commitment: commit.body.commitment, commit_id: commitId(commit), reveal_id: revealId(reveal),
      ...described(reveal),
    };
  },
  "commit.opaque-claim": (input) => {
    const claim = readObject(OPAQUE_CLAIM, octets(input.claim));
    checkOpaqueClaim(claim);
    check(names(claim.unit.body.policy.workers, claim.body.worker), "policy/unnamed-worker", "CLM-029");
    return { id: idOf(claim), unit: unitId(claim.unit), result: claim.body.result };
  },
};
