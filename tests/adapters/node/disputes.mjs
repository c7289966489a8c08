// The referee of a dispute inside a segment (spec/dispute.md).

import { Rejected, check } from "./errors.mjs";
import { encode } from "./encoding.mjs";
import { checkStepFault, checkSubtrace } from "./faults.mjs";
import { signedId } from "./hashing.mjs";
import { verify } from "./keys.mjs";
import { SIGNED_CLAIM, STEP_FAULT, SUBTRACE, claimId, digestField, keyField, lastSegment, name, signatureField } from "./objects.mjs";
import { bytes, readObject, record, uint } from "./schema.mjs";
import { constantRoots, node, verifyProof } from "./trees.mjs";
import { concat, equal, number, octets } from "./values.mjs";

const DELAY_BUDGET = 28800n;
const STEP_NODE = "step-node";

const DISPUTE_BODY = record([
  [0, "network", name], [1, "claim", digestField], [2, "segment", uint(0n, 1048575n)], [3, "challenger", keyField],
  [4, "nonce", digestField],
]);

export const DISPUTE = record([[2, "body", DISPUTE_BODY], [3, "signature", signatureField]], { kind: "tracework/dispute" });

const siblings = bytes(0, Infinity);
const OPENING = record([[0, "subtrace", SUBTRACE], [1, "leaves", bytes(64)], [2, "siblings", siblings], [3, "first", siblings]]);

const CONTENTS = ["opening", "children", "choice", "proof"];

const MOVE_BODY = record(
  [
    [0, "network", name], [1, "dispute", digestField], [2, "author", keyField], [3, "number", uint(0n, 63n)],
    [4, "opening", OPENING, true], [5, "children", bytes(64), true], [6, "choice", uint(0n, 1n), true],
    [7, "proof", STEP_FAULT, true],
  ],
  {
    holds(body) {
      check(CONTENTS.filter((content) => content in body).length === 1, "semantic/move-form", "DSP-005");
    },
  },
);

export const MOVE = record([[2, "body", MOVE_BODY], [3, "signature", signatureField]], { kind: "tracework/move" });

export const idOf = (domain, { body }) => signedId(domain, body.network, encode(body.item)); // DSP-001
const halves = (pair) => [pair.subarray(0, 32), pair.subarray(32)];

export class Referee {
  constructor(claim, dispute, opened) {
    const { network } = claim.unit.body;
    check(dispute.body.segment <= lastSegment(claim), "semantic/segment-index", "DSP-003");
    const about = dispute.body.network === network && equal(dispute.body.claim, claimId(claim));
    check(about, "crypto/claim-mismatch", "DSP-002");
    this.id = idOf("dispute", dispute);
    verify(dispute.body.challenger, this.id, dispute.signature); // DSP-004
    Object.assign(this, { claim, dispute, since: opened, number: 0n, left: [DELAY_BUDGET, DELAY_BUDGET] });
    this.ending = undefined;
    this.known = undefined; // The two children that are known, if it is the challenger's turn.
    this.node = undefined; // The node that was chosen, if it is the turn of the accused.
    this.level = 0; // Of the known children, or of those that are to be opened.
  }

  get side() {
    return Number(this.number % 2n);
  }

  get deadline() { // DSP-020
    return this.since + this.left[this.side];
  }

  passTo(round) {
    if (!this.ending && round > this.deadline) this.ending = ["accused-silent", "challenger-silent"][this.side];
  }

  move(data, round) {
    this.passTo(round);
    this.accept(readObject(MOVE, data));
    this.left[1 - this.side] -= round - this.since;
    this.since = round;
  }

  accept({ body, signature }) { // DSP-018, all but the clock
    const kind = CONTENTS.find((content) => content in body);
    check(!this.ending, "policy/dispute-over", "DSP-010");
    const right = body.network === this.dispute.body.network && equal(body.dispute, this.id);
    check(right, "crypto/dispute-mismatch", "DSP-006");
    const expected = this.side ? ["choice", "proof"] : [this.number === 0n ? "opening" : "children"];
    check(body.number === this.number && expected.includes(kind), "policy/out-of-turn", "DSP-010");
    check(kind !== "choice" || this.level > 0, "policy/out-of-turn", "DSP-016");
    const allowed = kind !== "choice" || equal(body.author, this.dispute.body.challenger);
    check(allowed, "policy/not-the-challenger", "DSP-011");
    verify(body.author, idOf("move", { body }), signature); // DSP-007
    this[kind](body[kind]);
    this.number += 1n;
  }

  opening({ subtrace, leaves: pair, siblings: path, first }) {
    const { claim } = this;
    const { context } = claim.unit.body;
    const { segment } = this.dispute.body;
    const k = Number(context.segmentLog2);
    checkSubtrace(subtrace, claim, claimId(claim)); // DSP-012
    check(subtrace.body.segment === segment, "crypto/segment-mismatch", "DSP-012");
    const [from, to] = halves(pair);
    verifyProof("trace-node", context.height, claim.body.traceRoot, [[segment, from], [segment + 1n, to]], path); // DSP-013
    check(first.length === 32 * k, "crypto/path-length", "DSP-014");
    const right = constantRoots(STEP_NODE, to, k)[k];
    verifyProof(STEP_NODE, k + 1, subtrace.body.root, [[0n, from]], concat(first, right)); // DSP-014
    let left = from;
    for (let at = 0; at < 32 * (k - 1); at += 32) left = node(STEP_NODE, left, first.subarray(at, at + 32));
    this.known = [left, first.subarray(32 * (k - 1))];
    this.level = k - 1;
  }

  choice(side) {
    this.node = this.known[Number(side)];
    this.level -= 1;
  }

  children(pair) { // DSP-015
    const [left, right] = halves(pair);
    check(equal(node(STEP_NODE, left, right), this.node), "crypto/root-mismatch", "DSP-015");
    this.known = [left, right];
  }

  proof(proof) { // DSP-017
    check(equal(claimId(proof.claim), claimId(this.claim)), "crypto/claim-mismatch", "DSP-017");
    checkStepFault(proof);
    this.ending = "refuted";
  }
}

export const operations = {
  "dispute.play": (input) => {
    const dispute = readObject(DISPUTE, octets(input.dispute));
    const claim = readObject(SIGNED_CLAIM, octets(input.claim));
    const referee = new Referee(claim, dispute, number(input.opened));
    let failure;
    const answers = input.moves.map(({ round, move }) => {
      failure = undefined;
      try {
        referee.move(octets(move), number(round));
        return { accepted: true };
      } catch (error) {
        if (!(error instanceof Rejected)) throw error;
        failure = { stage: error.stage, code: error.code };
        return { accepted: false, error: failure };
      }
    });
    referee.passTo(number(input.until));
    const { id, ending, deadline } = referee;
    return { dispute: id, answers, ...(failure && { error: failure }), ...(ending ? { ending } : { deadline }) };
  },
};
