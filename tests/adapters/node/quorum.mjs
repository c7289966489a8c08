// A unit that several workers did, judged by a quorum of them (spec/redundancy.md).

import { BEACON, checkBeacon } from "./beacons.mjs";
import { Rejected, check } from "./errors.mjs";
import {
  COMMIT, OPAQUE_REVEAL, REVEAL, checkCommit, checkOpening, checkRevealCrypto, commitId, contradictions, resultOf, revealId,
  verifyReveal,
} from "./commits.mjs";
import { COMMITTEE, checkCommittee, checkThreshold, committeeHash } from "./committees.mjs";
import { digest } from "./hashing.mjs";
import { UNIT, unitId } from "./objects.mjs";
import { RECEIPT, checkReceipt } from "./receipts.mjs";
import { REGISTRY, assign, assignmentRound, checkNamed, isReplicated, replicationRound } from "./registry.mjs";
import { readObject, readOneOf } from "./schema.mjs";
import { Refuted, checkUnitSignature, evidenceHash, statementOfRun, statementOfUnit } from "./verifier.mjs";
import { equal, hex, octets } from "./values.mjs";

const COMMIT_KIND = 2n;
const REVEAL_KIND = 3n;
const KINDS = [COMMITTEE, REGISTRY, RECEIPT, COMMIT, REVEAL, OPAQUE_REVEAL, BEACON];

// Of what is missing the first makes the evidence incomplete (RED-013, RED-014, RED-041).
class Missing extends Error {
  constructor(requirement) {
    super(requirement);
    this.requirement = requirement;
  }
}
function needed(found, requirement) {
  if (found === undefined) throw new Missing(requirement);
  return found;
}

// Files that were read, by kind; whatever fails is set aside with its code (RED-002).
export class Files {
  constructor(files) {
    this.aside = new Map();
    this.read = [];
    this.all = [...new Map(files.map((file) => [hex(file), file])).values()]; // RED-001
    for (const data of this.all) {
      this.attempt(data, () => {
        this.read.push({ data, object: readOneOf(KINDS, data) });
      });
    }
  }

  attempt(data, checks) {
    try {
      checks();
      return true;
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      const file = digest("evidence", data);
      this.aside.set(hex(file), { file, code: error.code });
      return false;
    }
  }

  // The objects of these kinds that pass their checks.
  passing(shapes, checks) {
    const kinds = shapes.map(({ kind }) => kind);
    const those = this.read.filter(({ object }) => kinds.includes(object.kind));
    return those.filter(({ data, object }) => this.attempt(data, () => checks(object))).map(({ object }) => object);
  }

  get setAside() { // VRD-021
    return [...this.aside.values()].sort((one, other) => Buffer.compare(one.file, other.file));
  }
}

function checkUnitPolicy(unit) { // RED-010 to RED-012
  checkUnitSignature(unit);
  const { redundancy, receipts, workers, assignment } = unit.body.policy;
  check(redundancy && receipts, "policy/way-not-asked", "RED-010");
  check(workers || assignment, "policy/no-assignment", "RED-011");
  check(!workers || BigInt(workers.length) === redundancy.replicas, "policy/assignment-size", "RED-012");
}

const least = (numbers) => numbers.reduce((one, other) => (one === undefined || other < one ? other : one), undefined);

// What the files show, before anybody's standing.
function gather(unit, files, given) {
  const { policy, requester } = unit.body;
  const id = unitId(unit);
  const signed = files.passing([BEACON], checkBeacon).map(checkBeacon).filter(({ supplied }) => !supplied); // RED-017
  const beacons = new Map([...signed.map(({ round, output }) => [round, output]), ...given]);
  const [committee] = files.passing([COMMITTEE], (found) => {
    check(equal(committeeHash(found), policy.receipts.committee), "policy/other-committee", "RED-013");
    checkCommittee(found);
  });
  needed(committee, "RED-013");
  checkThreshold(committee, policy.receipts.threshold);
  const receipts = files.passing([RECEIPT], (receipt) => checkReceipt(receipt, unit, committee)).map(({ body }) => body);
  const slotOf = (kind, party, subject) => { // RED-015
    const those = receipts.filter((one) => one.kind === kind && equal(one.party, party) && equal(one.subject, subject));
    return least(those.map(({ slot }) => slot));
  };
  const [registry] = files.passing([REGISTRY], (found) => checkNamed(found, unit));
  let { workers } = policy;
  if (policy.assignment) { // RED-014
    const slot = needed(slotOf(1n, requester, id), "RED-014");
    needed(registry, "RED-014");
    workers = assign(registry, unit, needed(beacons.get(assignmentRound(unit, slot)), "RED-014"));
  }
  const assigned = (worker) => {
    check(workers.some((key) => equal(key, worker)), "policy/unassigned-worker", "REG-030");
  };
  const commits = files.passing([COMMIT], (commit) => { // RED-016
    checkCommit(commit, unit);
    assigned(commit.body.worker);
  });
  const reveals = files.passing([REVEAL, OPAQUE_REVEAL], (reveal) => {
    check(equal(unitId(reveal.claim.unit), id), "crypto/unit-mismatch", "RED-016");
    verifyReveal(reveal);
    assigned(reveal.claim.body.worker);
  });
  for (const commit of commits) commit.slot = slotOf(COMMIT_KIND, commit.body.worker, commitId(commit));
  for (const reveal of reveals) reveal.slot = slotOf(REVEAL_KIND, reveal.claim.body.worker, revealId(reveal));
  return { unit, workers, registry, commits, reveals, beacons };
}

// Who is called: all, or the primary alone (RED-040 to RED-044).
function called({ unit, workers, registry, commits, beacons }) {
  const { policy, deadlines } = unit.body;
  if (!policy.redundancy.adaptive) return workers;
  const [primary] = workers;
  const [commit, second] = commits.filter(({ body }) => equal(body.worker, primary));
  const inTime = commit !== undefined && commit.slot !== undefined && commit.slot <= deadlines.commit;
  if (second || !inTime) return workers;
  const beacon = needed(beacons.get(replicationRound(unit)), "RED-041");
  const { reputation } = registry.accounts.find(({ key }) => equal(key, primary));
  return isReplicated(unit, primary, reputation, beacon) ? workers : [primary];
}

const opens = (reveal, commit) => passes(() => checkOpening(commit, reveal));

function passes(checks) {
  try {
    checks();
    return true;
  } catch (error) {
    if (error instanceof Rejected) return false;
    throw error;
  }
}

function isCopy(commit, commits, reveals) { // RED-025
  return commits.some(
    (other) =>
      !equal(other.body.worker, commit.body.worker) && equal(other.body.commitment, commit.body.commitment) &&
      reveals.some((reveal) => opens(reveal, other)),
  );
}

const policyStanding = (standing, code) => ({ standing, stage: "policy", code });

// The rows of RED-020 up to 13; a worker whose result counts has a `result` instead.
function rows(worker, { unit, commits: all, reveals: allReveals }, isCalledLater) {
  const { deadlines, policy } = unit.body;
  const commits = all.filter(({ body }) => equal(body.worker, worker));
  const reveals = allReveals.filter(({ claim }) => equal(claim.body.worker, worker));
  const window = policy.redundancy.adaptive?.window ?? 0n;
  const [commit] = commits;
  const [reveal] = reveals;
  if (commits.length > 1) return policyStanding("equivocated", "second-commit"); // 1
  if (reveals.length > 1) return policyStanding("equivocated", "second-reveal"); // 2
  if (!commit) return policyStanding("absent", "no-commit"); // 3
  if (commit.slot === undefined) return policyStanding("absent", "no-receipt"); // 4
  if (commit.slot > deadlines.commit + (isCalledLater ? window : 0n)) return policyStanding("late", "late-commit"); // 5
  if (isCopy(commit, all, allReveals)) return policyStanding("copied", "copied-commit"); // 6
  if (!reveal) return policyStanding("missing", "no-reveal"); // 7
  if (reveal.slot === undefined) return policyStanding("missing", "no-receipt"); // 8
  if (reveal.slot <= deadlines.commit + window) return policyStanding("early", "early-reveal"); // 9
  if (reveal.slot > deadlines.reveal) return policyStanding("late", "late-reveal"); // 10
  try {
    checkRevealCrypto(reveal); // 11
    checkOpening(commit, reveal); // 12
    contradictions(reveal); // 13
  } catch (error) {
    const { stage, code } = error;
    if (error instanceof Rejected) return { standing: "malformed", stage, code };
    if (error instanceof Refuted) return { standing: "refuted", stage, code };
    throw error;
  }
  return { result: resultOf(reveal.claim), claim: reveal.claim };
}

function decide(gathered) {
  const { unit, workers } = gathered;
  const { redundancy } = unit.body.policy;
  const calledWorkers = called(gathered);
  const alone = calledWorkers.length < workers.length;
  const standings = workers.map((key, at) => {
    if (alone && at > 0) return { key, ...policyStanding("uncalled", "not-called") }; // RED-044
    return { key, ...rows(key, gathered, redundancy.adaptive !== undefined && at > 0) };
  });
  const counted = standings.filter(({ result }) => result);
  const votes = (result) => BigInt(counted.filter((other) => equal(other.result, result)).length);
  const accepted = counted.find(({ result }) => votes(result) >= (alone ? 1n : redundancy.quorum)); // RED-030
  for (const one of counted) {
    if (!accepted) Object.assign(one, policyStanding("undecided", "no-quorum")); // 16
    else if (equal(one.result, accepted.result)) one.standing = "agrees"; // 14
    else Object.assign(one, policyStanding("dissents", "dissents")); // 15
  }
  return { standings, accepted };
}

// The verdict on a unit, with the accepted result; `files` learns what is set aside, whatever becomes of the unit.
export function judgeUnit(data, files, beacons = new Map()) {
  const unit = readObject(UNIT, data);
  checkUnitPolicy(unit);
  const evidence_hash = evidenceHash([data, ...files.all]); // RED-003
  const statement = statementOfUnit(unit);
  try {
    const { standings, accepted } = decide(gather(unit, files, beacons));
    standings.sort((one, other) => Buffer.compare(one.key, other.key)); // VRD-020
    const said = { evidence: "valid", evidence_hash, standings, result: accepted?.result };
    if (!accepted) { // RED-031
      return { ...said, claim: "inconclusive", error: { stage: "policy", code: "no-quorum" }, statement };
    }
    const { claim, result } = accepted;
    const about = unit.body.opaque ? { result } : statementOfRun(claim.body);
    return { ...said, claim: "accepted", statement: { ...statement, ...about } };
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    const said = { evidence: "incomplete", claim: "inconclusive", evidence_hash, missing: [error.requirement] };
    return { ...said, statement, standings: [] };
  }
}

export const partiesOf = (standings) =>
  standings.map(({ key, standing, code }) => ({ key, standing, ...(code && { code }) }));

function judgeInput({ unit, files: given, beacons = {} }) {
  const files = new Files(given.map(octets));
  const outputs = new Map(Object.entries(beacons).map(([round, output]) => [BigInt(round), octets(output)]));
  return { files, ...judgeUnit(octets(unit), files, outputs) };
}

export const operations = {
  "redundancy.quorum": (input) => {
    const { files, standings, result, ...verdict } = judgeInput(input);
    return { ...verdict, parties: partiesOf(standings), set_aside: files.setAside };
  },
  "redundancy.replica": (input) => {
    const worker = octets(input.worker);
    const party = judgeInput(input).standings.find(({ key }) => equal(key, worker));
    check(party, "policy/unassigned-worker", "REG-030");
    check(!party.code, `${party.stage}/${party.code}`, "RED-020");
    return { standing: party.standing };
  },
};
