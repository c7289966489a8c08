// What answers a request, and whether a member may certify that nothing did (spec/silence.md, "Answers", "Signing").

import { COMMITTEE, bodyId, checkAggregate, checkCommittee, checkPolicy } from "./committees.mjs";
import {
  COMMIT, OPAQUE_REVEAL, REVEAL, checkCommit, checkOpening, checkRevealCrypto, commitId, contradictions, idOf as claimIdOf,
} from "./commits.mjs";
import { DISPUTE, MOVE, Referee, idOf } from "./disputes.mjs";
import { Rejected, check } from "./errors.mjs";
import { decode, encode } from "./encoding.mjs";
import { checkSubtrace } from "./faults.mjs";
import { digest } from "./hashing.mjs";
import { CLAIM, SEGMENT_PROOF, SUBTRACE, UNIT, claimId, unitId } from "./objects.mjs";
import { RECEIPT, checkAbout } from "./receipts.mjs";
import { readObject } from "./schema.mjs";
import {
  FOR_MOVE, FOR_REVEAL, FOR_SEGMENTS, REQUEST, checkAnswerTime, checkNotTooEarly, checkReceiptOf, checkRequest,
} from "./silence.mjs";
import {
  Refuted, checkClaimCrypto, checkContradictions, checkSegmentsCrypto, checkSigned, checkUnitSignature, evidenceHash,
  executeSegment, statementOf,
} from "./verifier.mjs";
import { equal, hex, number, octets } from "./values.mjs";

const ANSWERS = new Map([
  [REVEAL, FOR_REVEAL], [OPAQUE_REVEAL, FOR_REVEAL], [SEGMENT_PROOF, FOR_SEGMENTS], [SUBTRACE, FOR_SEGMENTS],
  [MOVE, FOR_MOVE],
]);

function readCandidate(data) { // SIL-020
  const { item } = decode(data);
  const kind = item instanceof Map ? item.get(0n) : undefined;
  const shape = [...ANSWERS.keys()].find((one) => one.kind === kind);
  check(shape, "schema/unknown-kind", "SIL-020");
  const object = shape.read(item);
  shape.semantics(object);
  return { shape, object };
}

// The subject's objects: a commit; a claim; or a claim, a dispute and the moves before the one asked for.
function readSubject({ body }, files) {
  if (body.what === FOR_REVEAL) return { commit: readObject(COMMIT, files[0]) };
  const claim = readObject(CLAIM, files[0]);
  if (body.what === FOR_SEGMENTS) return { claim };
  return { claim, dispute: readObject(DISPUTE, files[1]), moves: files.slice(2).map((data) => readObject(MOVE, data)) };
}

function checkForm(candidate, { body }) {
  check(ANSWERS.get(candidate.shape) === body.what, "semantic/answer-form", "SIL-021");
}

function checkSegments({ body }, { claim }) {
  const exist = (body.segments ?? []).every((segment) => segment < claim.body.leafCount - 1n);
  check(exist, "semantic/segment-index", "SIL-022");
}

// SIL-023 and SIL-024; gives the board of a dispute after the moves given, if a move is asked for.
function checkSubject({ body: asked }, unit, { commit, claim, dispute, moves }) {
  const sameId = (id) => check(equal(id, asked.subject), "crypto/request-mismatch", "SIL-023");
  const sameWorker = (worker) => check(equal(worker, asked.worker), "crypto/worker-mismatch", "SIL-023");
  if (commit) {
    sameId(commitId(commit));
    checkCommit(commit, unit);
    sameWorker(commit.body.worker);
    return undefined;
  }
  if (!dispute) sameId(claimId(claim));
  check(equal(unitId(claim.unit), unitId(unit)), "crypto/unit-mismatch", "SIL-023");
  checkSigned(claim, claimId(claim));
  sameWorker(claim.body.worker);
  if (!dispute) return undefined;
  const referee = new Referee(claim, dispute, 0n);
  sameId(idOf("dispute", dispute));
  for (const move of moves) {
    referee.accept(move);
    check(!referee.ending, "policy/dispute-over", "SIL-024");
  }
  check(referee.number === asked.number, "policy/out-of-turn", "SIL-024");
  check(!asked.node || equal(referee.node, asked.node), "policy/out-of-turn", "SIL-024");
  return referee;
}

// What a candidate answers: the asked segments, whether that is all, and what of the claim it refutes.
function judgeCandidate({ shape, object }, { body: asked }, subject, board) {
  let [refutation, held] = [undefined, undefined];
  const attempt = (execute) => { // SIL-029
    try {
      execute();
    } catch (error) {
      if (!(error instanceof Refuted)) throw error;
      refutation = { stage: error.stage, code: error.code };
    }
  };
  if (ANSWERS.get(shape) === FOR_REVEAL) { // SIL-025
    checkRevealCrypto(object);
    checkOpening(subject.commit, object);
    attempt(() => contradictions(object));
  } else if (shape === SEGMENT_PROOF) { // SIL-026
    const { claim, segments } = object;
    check(equal(claimId(claim), claimId(subject.claim)), "crypto/claim-mismatch", "SIL-026");
    checkClaimCrypto(claim, claimId(claim));
    checkSegmentsCrypto(object);
    attempt(() => {
      checkContradictions(claim);
      for (const segment of segments) executeSegment(object, segment);
    });
    held = segments.map(({ index }) => index);
  } else if (shape === SUBTRACE) { // SIL-027
    checkSubtrace(object, subject.claim, claimId(subject.claim));
    held = [object.body.segment];
  } else board.accept(object); // SIL-028
  const segments = (asked.segments ?? []).filter((segment) => held.includes(segment));
  check(!held || segments.length > 0, "policy/other-segments", "SIL-030");
  const claim = object.claim ?? subject.claim;
  return { segments, whole: segments.length === (asked.segments ?? []).length, refutation, claim };
}

function judgeAnswer(input) {
  const files = [input.candidate, input.request, input.unit, ...input.subject].map(octets);
  const candidate = readCandidate(files[0]);
  const request = readObject(REQUEST, files[1]);
  const unit = readObject(UNIT, files[2]);
  const subject = readSubject(request, files.slice(3));
  checkForm(candidate, request);
  checkSegments(request, subject);
  checkUnitSignature(unit);
  checkRequest(request, unit);
  const board = checkSubject(request, unit, subject);
  const { segments, whole, refutation, claim } = judgeCandidate(candidate, request, subject, board);
  const said = { evidence_hash: evidenceHash(files), statement: statementOf(claim, claimIdOf(claim)), whole, segments };
  if (refutation) return { ...said, evidence: "valid", claim: "refuted", error: refutation };
  if (whole) return { ...said, evidence: "valid", claim: "inconclusive" }; // SIL-031
  return { ...said, evidence: "incomplete", claim: "inconclusive", missing: ["SIL-032"] };
}

// SIL-032: whether the candidates together answer the request; those that are rejected, by ascending hash.
function judgeCandidates(candidates, request, unit, subject) {
  const set_aside = [];
  const answered = new Set();
  let whole = false;
  for (const data of new Map(candidates.map((file) => [hex(file), file])).values()) {
    try {
      const candidate = readCandidate(data);
      checkForm(candidate, request);
      const found = judgeCandidate(candidate, request, subject, checkSubject(request, unit, subject));
      whole ||= found.whole;
      for (const segment of found.segments) answered.add(segment);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      set_aside.push({ file: digest("evidence", data), code: error.code });
    }
  }
  const { segments } = request.body;
  set_aside.sort((one, other) => Buffer.compare(one.file, other.file));
  return { answered: whole || (segments !== undefined && answered.size === segments.length), set_aside };
}

function certify(input) {
  const request = readObject(REQUEST, octets(input.request));
  const receipt = readObject(RECEIPT, octets(input.receipt));
  const committee = readObject(COMMITTEE, octets(input.committee));
  const unit = readObject(UNIT, octets(input.unit));
  const subject = readSubject(request, input.subject.map(octets));
  const [asked, until] = [receipt.body.slot, number(input.until)];
  checkSegments(request, subject);
  checkAnswerTime(asked, until);
  checkUnitSignature(unit);
  const id = checkRequest(request, unit);
  checkCommittee(committee);
  checkAbout(receipt, unit);
  const { weight } = checkAggregate("receipt", receipt, committee);
  checkReceiptOf(receipt, request, id);
  checkSubject(request, unit, subject);
  checkPolicy(unit.body.policy.receipts, committee, weight);
  checkNotTooEarly(request, unit, until);
  check(number(input.now) > until, "policy/too-early", "SIL-034");
  const { answered, set_aside } = judgeCandidates(input.candidates.map(octets), request, unit, subject);
  check(!answered, "policy/answered", "SIL-035");
  const { network } = unit.body;
  const fields = [network, receipt.body.committee, unitId(unit), request.body.worker, id, asked, until]; // SIL-036
  const item = new Map(fields.map((field, key) => [BigInt(key), field]));
  return { body: encode(item), id: bodyId("silence", { network, item }), set_aside };
}

export const operations = { "silence.answer": judgeAnswer, "silence.certify": certify };
