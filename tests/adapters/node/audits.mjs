// Audits: the draw, the proof, what it buys, and proofs of checking (spec/audit.md).

import { BEACON, checkBeacon } from "./beacons.mjs";
import { COMMIT, checkCommit, commitId, commitmentOf } from "./commits.mjs";
import { COMMITTEE, checkAggregate, checkCommittee, checkPolicy } from "./committees.mjs";
import { Stream, sample } from "./draws.mjs";
import { Rejected, check } from "./errors.mjs";
import { encode } from "./encoding.mjs";
import { digest, networkId, signedId } from "./hashing.mjs";
import { verify } from "./keys.mjs";
import { run, stateHash } from "./machine.mjs";
import { SEGMENT_PROOF, claimId, contextHash, digestField, keyField, name, signatureField, unitId } from "./objects.mjs";
import { RECEIPT, checkAbout, checkReceipt, drawingRound } from "./receipts.mjs";
import { bytes, readObject, record } from "./schema.mjs";
import {
  checkClaimCrypto, checkContradictions, checkSegmentsCrypto, evidenceHash, executeSegment, judge, rootAfter, startOf, witnessOf,
} from "./verifier.mjs";
import { concat, equal, number, octets } from "./values.mjs";

const COMMIT_KIND = 2n;

const smaller = (one, other) => (one < other ? one : other);
const ascending = (numbers) => [...numbers].sort((one, other) => (one < other ? -1 : 1));

const seedOf = (beacon, network, unit, worker, commit) => // AUD-001
  digest("audit", concat(beacon, networkId(network), unit, worker, commit));

const drawn = (seed, samples, segments) => sample(new Stream(seed), smaller(samples, segments), segments); // AUD-002

export const AUDIT_PROOF = record(
  [
    [2, "proof", SEGMENT_PROOF], [3, "commit", COMMIT], [4, "blinding", digestField], [5, "beacon", BEACON],
    [6, "receipt", RECEIPT, true], [7, "committee", COMMITTEE, true],
  ],
  {
    kind: "tracework/audit-proof",
    holds: ({ receipt, committee }) => check(!receipt === !committee, "semantic/audit-form", "AUD-011"),
  },
);

function checkParts({ proof: { claim }, commit, blinding, beacon, receipt, committee }) {
  const { unit, body } = claim;
  checkCommit(commit, unit); // AUD-012
  check(equal(commit.body.worker, body.worker), "crypto/worker-mismatch", "AUD-012");
  check(equal(commit.body.commitment, commitmentOf({ claim, blinding })), "crypto/commitment-mismatch", "AUD-012");
  const parts = { beacon: checkBeacon(beacon) }; // AUD-013
  if (!receipt) return parts;
  checkCommittee(committee); // AUD-014
  checkAbout(receipt, unit);
  parts.weight = checkAggregate("receipt", receipt, committee).weight;
  const { kind, party, subject } = receipt.body;
  const right = kind === COMMIT_KIND && equal(party, body.worker) && equal(subject, commitId(commit));
  check(right, "crypto/receipt-mismatch", "AUD-015");
  return parts;
}

// Whether a receipt beside an audit proof shows that its commit was there earlier (AUD-023).
function isEarlier(file, { receipt: { body }, committee, proof }) {
  try {
    const other = readObject(RECEIPT, file);
    const { kind, party, subject, slot } = other.body;
    if (kind !== body.kind || !equal(party, body.party) || !equal(subject, body.subject) || slot >= body.slot) return false;
    checkReceipt(other, proof.claim.unit, committee);
    return true;
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return false;
  }
}

// With `drawn`, what doesn't accept the claim must refute it and have been drawn all the same (AUD-060).
export function checkAudit({ proof: file, supplied = false, receipts: beside = [], pins = {}, drawn: asDrawn = false }) {
  const data = octets(file);
  const audit = readObject(AUDIT_PROOF, data);
  const { proof, commit, receipt, committee } = audit;
  const { claim } = proof;
  const id = claimId(claim);
  checkClaimCrypto(claim, id);
  const { beacon, weight } = checkParts(audit);
  checkSegmentsCrypto(proof);
  const { unit, body } = claim;
  const execute = () => {
    checkContradictions(claim);
    for (const segment of proof.segments) executeSegment(proof, segment);
  };
  const policyChecks = () => {
    const { audit: policy, receipts } = unit.body.policy;
    check(policy, "policy/way-not-asked", "AUD-016");
    if (receipt) { // AUD-017
      checkPolicy(receipts, committee, weight);
      check(beacon.round === drawingRound(receipt.body.slot, policy.delay), "policy/wrong-round", "AUD-017");
      check(!beside.some((other) => isEarlier(octets(other), audit)), "policy/wrong-round", "AUD-023");
    }
    const seed = seedOf(beacon.output, unit.body.network, unitId(unit), body.worker, commitId(commit));
    const asked = ascending(drawn(seed, policy.samples, body.leafCount - 1n));
    const shown = proof.segments.map(({ index }) => index);
    check(String(asked) === String(shown), "policy/other-segments", "AUD-018");
  };
  const missing = [...(receipt ? [] : ["AUD-017"]), ...(beacon.supplied && !supplied ? ["BCN-011"] : [])]; // AUD-022, AUD-033
  if (asDrawn) {
    check(!missing.length, "policy/missing-evidence", "AUD-060");
    policyChecks();
  }
  if (!missing.length) return judge(data, claim, id, pins, "valid", "accepted", execute, policyChecks);
  const verdict = judge(data, claim, id, pins, "incomplete", "inconclusive", execute, policyChecks);
  return verdict.claim === "refuted" ? verdict : { ...verdict, missing };
}

function choose(n, k) { // C(n, k)
  let result = 1n;
  for (let i = 0n; i < k; i++) result = (result * (n - i)) / (i + 1n);
  return k > n ? 0n : result;
}

// C(N − b, m) and C(N, m): the probability that b wrong segments of N escape m draws.
const escape = (segments, samples, wrong) => [choose(segments - wrong, samples), choose(segments, samples)];

function lowest([numerator, denominator]) {
  let [one, other] = [numerator, denominator];
  while (other) [one, other] = [other, one % other];
  return { numerator: numerator / one, denominator: denominator / one };
}

function plan({ segments: all, samples: most, wrong, gain, probability }) {
  const segments = number(all);
  const samples = smaller(number(most), segments);
  const [top, bottom] = [number(probability.numerator), number(probability.denominator)];
  let [least, enough] = [0n, segments]; // AUD-041: all wrong ones never escape.
  while (least < enough) {
    const middle = (least + enough) / 2n;
    const [numerator, denominator] = escape(segments, samples, middle);
    if (numerator * bottom <= top * denominator) enough = middle;
    else least = middle + 1n;
  }
  return {
    samples, escape: lowest(escape(segments, samples, number(wrong))), bounds: enough,
    least_slash: (number(gain) * segments) / samples + 1n, // AUD-042
  };
}

const CHECK_BODY = record([
  [0, "network", name], [1, "unit", digestField], [2, "claim", digestField], [3, "auditor", keyField],
  [4, "commitment", digestField],
]);
const CHECK = record([[2, "body", CHECK_BODY], [3, "signature", signatureField]], { kind: "tracework/check" });
export const CHECK_REVEAL = record([[2, "check", CHECK], [3, "blinding", digestField], [4, "states", bytes(32, 131072)]], {
  kind: "tracework/check-reveal",
});

export function statesAt({ proof, beacon }, id, auditor) { // AUD-051, AUD-052
  const { context } = proof.claim.unit.body;
  const { body } = proof.claim;
  const stream = new Stream(digest("check-step", concat(checkBeacon(beacon).output, id, auditor)));
  const states = proof.segments.map((segment) => {
    const first = segment.index << context.segmentLog2;
    const steps = smaller(1n << context.segmentLog2, body.steps - first);
    const at = steps === 1n ? 1n : 1n + stream.below(steps - 1n);
    const state = startOf(segment, context);
    const memory = witnessOf(segment);
    run(context, state, memory, first + at);
    return stateHash(contextHash(context), state, rootAfter(segment, memory));
  });
  return concat(...states);
}

export const checkId = ({ check: { body } }) => signedId("check", body.network, encode(body.item)); // AUD-050

export function checkReveal(reveal, audit) { // AUD-054 to AUD-057
  const { claim } = audit.proof;
  const { body, signature } = reveal.check;
  const id = claimId(claim);
  const same = body.network === claim.unit.body.network && equal(body.unit, unitId(claim.unit)) && equal(body.claim, id);
  check(same, "crypto/claim-mismatch", "AUD-054");
  verify(body.auditor, checkId(reveal), signature); // AUD-055
  const commitment = digest("checking", concat(id, body.auditor, reveal.states, reveal.blinding)); // AUD-053
  check(equal(commitment, body.commitment), "crypto/commitment-mismatch", "AUD-056");
  check(equal(statesAt(audit, id, body.auditor), reveal.states), "execution/wrong-check", "AUD-057");
}

function checkChecking({ reveal: revealFile, proof: proofFile }) {
  const data = octets(revealFile);
  const reveal = readObject(CHECK_REVEAL, data);
  const evidence_hash = evidenceHash([data, octets(proofFile)]);
  const verdict = checkAudit({ proof: proofFile });
  if (verdict.claim === "refuted") return { ...verdict, evidence_hash };
  checkReveal(reveal, readObject(AUDIT_PROOF, octets(proofFile)));
  return { evidence: "valid", claim: "inconclusive", evidence_hash, statement: verdict.statement };
}

export const operations = {
  "audit.draw": ({ beacon, network, unit, worker, commit, samples, segments }) => {
    const seed = seedOf(octets(beacon), network, octets(unit), octets(worker), octets(commit));
    return { seed, drawn: drawn(seed, number(samples), number(segments)) };
  },
  "audit.plan": plan,
  "audit.check": checkAudit,
  "audit.checking": checkChecking,
};
