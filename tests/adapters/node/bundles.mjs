// Bundles: all that a verdict rests on, in one file (spec/bundle.md).

import { AUDIT_PROOF, operations as audits } from "./audits.mjs";
import { BEACON } from "./beacons.mjs";
import { COMMIT, OPAQUE_CLAIM, OPAQUE_REVEAL, REVEAL, idOf, operations as commits, resultOf } from "./commits.mjs";
import { AGGREGATE, COMMITTEE, committeeHash, judgeClaim, signersOf } from "./committees.mjs";
import { Rejected, check } from "./errors.mjs";
import { decode, encode } from "./encoding.mjs";
import { operations as faults } from "./faults.mjs";
import { digest } from "./hashing.mjs";
import { CLAIM, LEAF_FAULT, RESULT_FAULT, SEGMENT_PROOF, STEP_FAULT, UNIT, unitId } from "./objects.mjs";
import { Files, judgeUnit, partiesOf } from "./quorum.mjs";
import { RECEIPT } from "./receipts.mjs";
import { REGISTRY, registryHash } from "./registry.mjs";
import { array, bytes, readObject, record } from "./schema.mjs";
import { checkPins, checkUnitSignature, evidenceHash, operations as claims, statementOfUnit } from "./verifier.mjs";
import { equal, hex, octets } from "./values.mjs";

export const BUNDLE = record([[2, "files", array(bytes(1, 67108864), 1, 4096)]], { kind: "tracework/bundle" });

const alone = (operation, member, claimOf, way) => ({
  judge: (data, more) => operation({ [member]: data, ...more }), claimOf, way,
});

// What is judged by itself: how, the signed claim in it, and the way by which it may accept.
const JUDGED = new Map([
  [CLAIM, alone(claims["claim.check"], "claim", (claim) => claim)],
  [OPAQUE_CLAIM, alone(commits["commit.opaque-claim"], "claim", (claim) => claim)],
  [AUDIT_PROOF, alone(audits["audit.check"], "proof", ({ proof }) => proof.claim, "audit")],
  [SEGMENT_PROOF, alone(claims["segment.check"], "proof", ({ claim }) => claim)],
  [LEAF_FAULT, alone(faults["fault.leaf"], "proof", ({ claim }) => claim)],
  [RESULT_FAULT, alone(faults["fault.result"], "proof", ({ claim }) => claim)],
  [STEP_FAULT, alone(faults["fault.step"], "proof", ({ claim }) => claim)],
]);
const WAYS = ["re-execution", "audit", "attestation", "quorum"]; // VRD-012

// The table: shapes in the order of their ranks, with the id of the unit that one of each carries or names.
const TABLE = [
  [UNIT, unitId], [COMMITTEE], [BEACON], [REGISTRY], [COMMIT, ({ body }) => body.unit], [RECEIPT, ({ body }) => body.unit],
  [REVEAL, ({ claim }) => unitId(claim.unit)], [OPAQUE_REVEAL, ({ claim }) => unitId(claim.unit)],
  [CLAIM, ({ unit }) => unitId(unit)], [OPAQUE_CLAIM, ({ unit }) => unitId(unit)],
  [AUDIT_PROOF, ({ proof }) => unitId(proof.claim.unit)], [AGGREGATE, ({ body }) => body.unit],
  ...[SEGMENT_PROOF, LEAF_FAULT, RESULT_FAULT, STEP_FAULT].map((shape) => [shape, ({ claim }) => unitId(claim.unit)]),
];

const inOrder = (one, other) => one.rank - other.rank || Buffer.compare(one.data, other.data);

export function readElement(data) { // BND-001, BND-002
  const { item } = decode(data);
  const kind = item instanceof Map ? item.get(0n) : undefined;
  const rank = TABLE.findIndex(([shape]) => shape.kind === kind);
  check(rank >= 0, "schema/unknown-kind", "BND-002");
  const [shape, unitOf] = TABLE[rank];
  const object = shape.read(item);
  shape.semantics(object);
  return { data, rank, shape, object, unitOf };
}

export function checkElements(elements) {
  const pairs = elements.slice(1).map((element, at) => inOrder(elements[at], element));
  check(pairs.every((order) => order <= 0), "semantic/bundle-order", "BND-003");
  check(pairs.every((order) => order !== 0), "semantic/bundle-twice", "BND-004");
  check(elements.filter(({ shape }) => shape === UNIT).length === 1, "semantic/bundle-unit", "BND-005");
}

const signedBy = (committee, bitfield) =>
  signersOf(bitfield, committee).map((signer) => ({ key: committee.members[signer].key, standing: "signed" }));

// The elements that a bundle holds, judged one after the other; what fails is set aside (BND-012).
class Judgement {
  constructor(elements) {
    this.unit = elements[0].object;
    this.asides = new Map();
    this.verdicts = [];
    const id = unitId(this.unit);
    this.elements = elements.slice(1).filter(({ data, object, unitOf }) =>
      this.attempt(data, () => {
        check(!unitOf || equal(unitOf(object), id), "policy/other-unit", "BND-011");
      }),
    );
    const carried = this.of(AUDIT_PROOF).flatMap(({ object: { receipt } }) => (receipt ? [encode(receipt.item)] : []));
    this.receipts = [...this.of(RECEIPT).map(({ data }) => data), ...carried]; // BND-018
    for (const { data, shape, object } of this.elements) {
      if (JUDGED.has(shape)) this.judgeAlone(data, object, JUDGED.get(shape));
    }
    for (const { data, object } of this.of(AGGREGATE)) this.judgeAttestation(data, object);
    if (this.unit.body.policy.redundancy) this.judgeQuorum(elements[0].data);
  }

  attempt(data, judging) {
    try {
      judging();
      return true;
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      this.setAside({ file: digest("evidence", data), code: error.code });
      return false;
    }
  }

  setAside(aside) {
    this.asides.set(hex(aside.file), aside);
  }

  // Those of some shapes that are not set aside.
  of(...shapes) {
    const aside = ({ data }) => this.asides.has(hex(digest("evidence", data)));
    return this.elements.filter((element) => shapes.includes(element.shape) && !aside(element));
  }

  judgeAlone(data, object, { judge, claimOf, way }) {
    this.attempt(data, () => {
      const verdict = judge(data, { receipts: this.receipts });
      this.verdicts.push({ verdict, way, claim: claimOf(object) });
    });
  }

  judgeAttestation(data, { body, bitfield }) {
    const committee = this.of(COMMITTEE).find(({ object }) => equal(committeeHash(object), body.committee));
    const claim = this.of(CLAIM, OPAQUE_CLAIM).find(({ object }) => equal(idOf(object), body.claim));
    if (!committee || !claim) return;
    this.attempt(data, () => {
      const verdict = judgeClaim({ claim: claim.data, committee: committee.data, aggregate: data });
      const parties = verdict.claim === "accepted" ? signedBy(committee.object, bitfield) : [];
      this.verdicts.push({ verdict, way: "attestation", claim: claim.object, parties });
    });
  }

  judgeQuorum(unit) {
    const { receipts, assignment } = this.unit.body.policy;
    const named = [
      ...this.of(COMMITTEE).filter(({ object }) => receipts && equal(committeeHash(object), receipts.committee)),
      ...this.of(REGISTRY).filter(({ object }) => assignment && equal(registryHash(object), assignment.registry)),
    ];
    const used = [...named, ...this.of(BEACON, COMMIT, RECEIPT, REVEAL, OPAQUE_REVEAL)];
    const files = new Files(used.map(({ data }) => data));
    try {
      this.quorum = judgeUnit(unit, files);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error; // The unit's policy is one by which nothing has a quorum.
    }
    for (const aside of files.setAside) this.setAside(aside);
  }

  // The decided claims, each with the verdict on it (VRD-012).
  get decided() {
    const found = [];
    const ofClaim = new Map();
    for (const one of this.verdicts) {
      const id = hex(idOf(one.claim));
      ofClaim.set(id, [...(ofClaim.get(id) ?? []), one]);
    }
    for (const all of ofClaim.values()) {
      const refuting = all.filter(({ verdict }) => verdict.claim === "refuted");
      const accepting = all.filter(({ verdict }) => verdict.claim === "accepted");
      const [first] = [...(refuting.length ? refuting : accepting)].sort(
        (one, other) =>
          (refuting.length ? 0 : WAYS.indexOf(one.way) - WAYS.indexOf(other.way)) ||
          Buffer.compare(one.verdict.evidence_hash, other.verdict.evidence_hash),
      );
      if (first) found.push(first);
    }
    const result = this.quorum?.result; // BND-017
    const refuted = found.filter(({ verdict }) => verdict.claim === "refuted");
    if (!result || refuted.some(({ claim }) => equal(resultOf(claim), result))) return found;
    const { standings, result: _, ...verdict } = this.quorum;
    return [...found, { verdict, parties: partiesOf(standings) }];
  }
}

function judgeBundle({ bundle: file, pins = {} }) {
  const data = octets(file);
  const elements = readObject(BUNDLE, data).files.map(readElement);
  checkElements(elements);
  const unit = elements[0].object;
  checkUnitSignature(unit);
  const judgement = new Judgement(elements);
  const set_aside = [...judgement.asides.values()].sort((one, other) => Buffer.compare(one.file, other.file));
  return { ...verdictOf(judgement, pins), evidence_hash: evidenceHash([data]), set_aside };
}

function verdictOf(judgement, pins) { // BND-013 to BND-015
  const ours = ({ claim }) => pins.worker === undefined || (claim && equal(claim.body.worker, octets(pins.worker)));
  const decided = judgement.decided.filter(ours);
  const rank = ({ verdict }) => (verdict.claim === "accepted" ? 0 : 1);
  const [first] = decided.sort(
    (one, other) => rank(one) - rank(other) || Buffer.compare(one.verdict.evidence_hash, other.verdict.evidence_hash),
  );
  if (!first) {
    const statement = statementOfUnit(judgement.unit);
    checkPins(pins, statement);
    const parties = partiesOf(judgement.quorum?.standings ?? []);
    return { evidence: "incomplete", claim: "inconclusive", missing: ["BND-013"], statement, parties };
  }
  const { verdict, parties = [] } = first;
  if (verdict.claim === "accepted") checkPins(pins, verdict.statement);
  return { ...verdict, parties };
}

export const operations = {
  "bundle.judge": judgeBundle,
  "bundle.pack": ({ files }) => {
    const elements = new Map(files.map(octets).map((data) => [hex(data), readElement(data)]));
    const ordered = [...elements.values()].sort(inOrder);
    checkElements(ordered);
    const made = new Map([[0n, BUNDLE.kind], [1n, 1n], [2n, ordered.map(({ data }) => data)]]);
    return { bundle: encode(BUNDLE.read(made).item) };
  },
};
