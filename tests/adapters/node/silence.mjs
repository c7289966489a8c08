// Certificates that nobody answered (spec/silence.md).

import { COMMITTEE, aggregateOf, checkAggregate, checkCommittee, checkPolicy } from "./committees.mjs";
import { check } from "./errors.mjs";
import { encode } from "./encoding.mjs";
import { signedId } from "./hashing.mjs";
import { verify } from "./keys.mjs";
import { UNIT, digestField, keyField, name, signatureField, unitId } from "./objects.mjs";
import { RECEIPT, checkAbout } from "./receipts.mjs";
import { array, readObject, record, uint } from "./schema.mjs";
import { checkPins, checkUnitSignature, evidenceHash } from "./verifier.mjs";
import { equal, octets } from "./values.mjs";

const ANSWER_SLOTS = 120n;
export const FOR_REVEAL = 1n;
export const FOR_SEGMENTS = 2n;
export const FOR_MOVE = 3n;
const REQUEST_KIND = 4n;

const REQUEST_BODY = record(
  [
    [0, "network", name], [1, "unit", digestField], [2, "worker", keyField], [3, "asker", keyField], [4, "what", uint(1n, 3n)],
    [5, "subject", digestField], [6, "segments", array(uint(0n, 1048575n), 1, 4096), true], [7, "number", uint(0n, 63n), true],
    [8, "node", digestField, true],
  ],
  {
    holds({ what, segments, number, node }) {
      const ascending = (segments ?? []).every((segment, at) => at === 0 || segments[at - 1] < segment);
      check((segments !== undefined) === (what === FOR_SEGMENTS) && ascending, "semantic/request-form", "SIL-002");
      const even = (number ?? 0n) % 2n === 0n;
      check((number !== undefined) === (what === FOR_MOVE) && even, "semantic/request-form", "SIL-002");
      check((node !== undefined) === (number ?? 0n) > 0n, "semantic/request-form", "SIL-002");
    },
  },
);
export const REQUEST = record([[2, "body", REQUEST_BODY], [3, "signature", signatureField]], { kind: "tracework/request" });

const SILENCE_BODY = record(
  [
    [0, "network", name], [1, "committee", digestField], [2, "unit", digestField], [3, "worker", keyField],
    [4, "request", digestField], [5, "asked", uint()], [6, "until", uint()],
  ],
  { holds: ({ asked, until }) => checkAnswerTime(asked, until) },
);

export const SILENCE_PROOF = record(
  [
    [2, "unit", UNIT], [3, "request", REQUEST], [4, "receipt", RECEIPT],
    [5, "silence", aggregateOf(SILENCE_BODY, "tracework/silence")], [6, "committee", COMMITTEE],
  ],
  { kind: "tracework/silence-proof" },
);

// SIL-010, and the request's id.
export function checkRequest({ body, signature }, unit) {
  const { network } = unit.body;
  check(body.network === network, "crypto/network-mismatch", "SIL-010");
  check(equal(body.unit, unitId(unit)), "crypto/unit-mismatch", "SIL-010");
  const id = signedId("request", network, encode(body.item));
  verify(body.asker, id, signature);
  return id;
}

export function checkReceiptOf({ body: { kind, party, subject } }, request, id) { // SIL-012
  const right = kind === REQUEST_KIND && equal(party, request.body.asker) && equal(subject, id);
  check(right, "crypto/receipt-mismatch", "SIL-012");
}

export function checkAnswerTime(asked, until) {
  check(until >= asked + ANSWER_SLOTS, "semantic/answer-time", "SIL-004");
}

export function checkNotTooEarly(request, unit, until) {
  const { deadlines } = unit.body;
  const due = request.body.what !== FOR_REVEAL || deadlines === undefined || until >= deadlines.reveal;
  check(due, "policy/too-early", "SIL-033");
}

export function checkSilence({ proof: file, pins = {} }) { // SIL-015
  const data = octets(file);
  const { unit, request, receipt, silence, committee } = readObject(SILENCE_PROOF, data);
  const { network } = unit.body;
  const { worker } = request.body;
  const id = unitId(unit);
  checkUnitSignature(unit); // SIL-010
  const requestId = checkRequest(request, unit);
  checkCommittee(committee); // SIL-011
  checkAbout(receipt, unit);
  const receipted = checkAggregate("receipt", receipt, committee);
  const certified = checkAggregate("silence", silence, committee);
  checkReceiptOf(receipt, request, requestId);
  const { body } = silence;
  const about =
    body.network === network && equal(body.unit, id) && equal(body.worker, worker) && equal(body.request, requestId) &&
    body.asked === receipt.body.slot;
  check(about, "crypto/request-mismatch", "SIL-013");
  for (const { weight } of [receipted, certified]) checkPolicy(unit.body.policy.receipts, committee, weight); // SIL-014
  checkNotTooEarly(request, unit, body.until);
  const statement = { network, unit: id, worker };
  checkPins(pins, statement);
  const evidence_hash = evidenceHash([data]);
  return { evidence: "valid", claim: "inconclusive", evidence_hash, statement, silent: [worker] }; // SIL-016
}

export const operations = { "silence.check": checkSilence };
