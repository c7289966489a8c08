// The records that evidence shows (spec/settlement.md, "Evidence").

import { AUDIT_PROOF, CHECK_REVEAL, checkAudit, checkId, checkReveal, statesAt } from "./audits.mjs";
import { BEACON, checkBeacon } from "./beacons.mjs";
import { BUNDLE, checkElements, readElement } from "./bundles.mjs";
import {
  COMMIT, OPAQUE_REVEAL, REVEAL, checkCommit, checkOpening, checkRevealCrypto, commitId, contradictions, idOf, revealId,
  verifyReveal,
} from "./commits.mjs";
import {
  AGGREGATE, COMMITTEE, checkAggregate, checkCommittee, checkEnough, checkThreshold, committeeHash, weightOf,
} from "./committees.mjs";
import { DISPUTE, idOf as disputeIdOf } from "./disputes.mjs";
import { ACCOUNT, TYPES, makeManifest, readEpoch } from "./epochs.mjs";
import { EQUIVOCATION, checkEquivocation } from "./equivocations.mjs";
import { Rejected, check } from "./errors.mjs";
import { decode, encode } from "./encoding.mjs";
import { FAULT_REVEAL, checkFaultReveal, faultCommitId } from "./faultcommits.mjs";
import { digest, signedId } from "./hashing.mjs";
import { verify } from "./keys.mjs";
import { LEAF_FAULT, RESULT_FAULT, SEGMENT_PROOF, STEP_FAULT, UNIT, claimId, lastSegment, unitId } from "./objects.mjs";
import { pack } from "./packing.mjs";
import { Files, judgeUnit } from "./quorum.mjs";
import { RECEIPT, checkReceipt, drawingRound } from "./receipts.mjs";
import {
  AUDITORS, REGISTRY, assign, assignmentRound, auditorsRound, isReplicated, registryHash, replicationRound,
} from "./registry.mjs";
import { PARAMETERS, share } from "./rewards.mjs";
import { readObject } from "./schema.mjs";
import { SILENCE_PROOF, checkSilence } from "./silence.mjs";
import { Refuted, checkUnitSignature, evidenceHash, reexecute } from "./verifier.mjs";
import { equal, hex, number, octets } from "./values.mjs";

const [FOR_REVEAL, FOR_SEGMENTS] = [1n, 2n];
const [OF_UNIT, OF_COMMIT, OF_REVEAL, OF_ANSWER, OF_FAULT_COMMIT, OF_CHECK] = [1n, 2n, 3n, 5n, 6n, 7n];
const [REEXECUTION, AUDIT, ATTESTATION, QUORUM] = [1, 2, 3, 4];
const PROOFS = [SEGMENT_PROOF, LEAF_FAULT, RESULT_FAULT, STEP_FAULT];
const KINDS = [
  UNIT, REVEAL, OPAQUE_REVEAL, AUDIT_PROOF, AGGREGATE, CHECK_REVEAL, FAULT_REVEAL, SILENCE_PROOF, EQUIVOCATION, COMMITTEE,
  REGISTRY, BEACON, RECEIPT, COMMIT, ...PROOFS, DISPUTE, BUNDLE,
];

const hashOf = (data) => digest("evidence", data);
const least = (numbers) => numbers.reduce((one, other) => (one === undefined || other < one ? other : one), undefined);
const needed = (found, stageAndCode = "policy/missing-evidence", requirement = "STL-064") => {
  check(found !== undefined, stageAndCode, requirement);
  return found;
};
const byBytes = (one, other) => Buffer.compare(one, other);

// Where a rejection of another check counts as nothing found.
function passing(judge) {
  try {
    return judge();
  } catch (error) {
    if (error instanceof Rejected) return undefined;
    throw error;
  }
}

class EpochFiles {
  constructor({ network, first, last, parameters, registries, supplied = false, executed = [] }, files) {
    for (const registry of registries) check(registry.network === network, "crypto/network-mismatch", "STL-063");
    Object.assign(this, { network, first, last, parameters, supplied, executed });
    this.registries = new Map(registries.map((registry) => [hex(registryHash(registry)), registry]));
    this.registry = registries[0];
    this.accounts = new Map(this.registry.accounts.map(({ key }, at) => [hex(key), at]));
    this.entries = new Map(); // By hash, ascending in the end: data, shape, object, code, records.
    for (const data of files) this.read(data);
    const sorted = [...this.entries.values()].sort((one, other) => byBytes(one.hash, other.hash));
    this.entries = new Map(sorted.map((entry) => [hex(entry.hash), entry]));
    this.others = []; // Records that no single file shows.
    this.judge();
  }

  read(data) {
    const hash = hashOf(data);
    if (this.entries.has(hex(hash))) return;
    const entry = { data, hash, records: [] };
    this.entries.set(hex(hash), entry);
    this.attempt(entry, () => { // STL-062
      const { item } = decode(data);
      const kind = item instanceof Map ? item.get(0n) : undefined;
      entry.shape = KINDS.find((shape) => shape.kind === kind);
      check(entry.shape, "schema/unknown-kind", "STL-062");
      const object = entry.shape.read(item);
      entry.shape.semantics(object);
      if (entry.shape === BUNDLE) { // STL-061
        checkElements(object.files.map(readElement));
        for (const element of object.files) this.read(element);
      }
      entry.object = object;
    });
  }

  attempt(entry, checks) {
    if (entry.code) return false;
    try {
      checks();
      return true;
    } catch (error) {
      if (!(error instanceof Rejected) && !(error instanceof Refuted)) throw error;
      Object.assign(entry, { code: error.code, stage: error.stage });
      return false;
    }
  }

  // The files of some kinds that were read and nothing was found against.
  of(...shapes) {
    return [...this.entries.values()].filter(({ shape, object, code }) => object && !code && shapes.includes(shape));
  }

  // Those that pass; `checks` may note what it finds in the entry.
  each(shapes, checks) {
    return this.of(...shapes).filter((entry) => this.attempt(entry, () => checks(entry.object, entry)));
  }

  account(key) { // STL-063
    return needed(this.accounts.get(hex(key)), "policy/no-account", "STL-063");
  }

  judge() {
    this.judgeUnits();
    this.judgeWork();
    this.judgeClaims();
    this.judgeOffences();
    this.each([CHECK_REVEAL], (reveal, entry) => this.judgeCheck(reveal, entry));
  }

  judgeUnits() {
    this.each([REGISTRY], (registry) => { // STL-065
      check(this.registries.has(hex(registryHash(registry))), "crypto/registry-mismatch", "STL-065");
    });
    const begun = this.each([UNIT], (unit) => this.checkUnitAlone(unit));
    const named = new Set(
      begun.flatMap(({ object: { body: { policy } } }) =>
        [policy.receipts, policy.attestation].flatMap((one) => (one ? [hex(one.committee)] : [])),
      ),
    );
    const committees = this.each([COMMITTEE], (committee) => {
      check(named.has(hex(committeeHash(committee))), "policy/other-committee", "STL-065");
      checkCommittee(committee);
    });
    this.committees = new Map(committees.map(({ object }) => [hex(committeeHash(object)), object]));
    this.readBeacons();
    const based = this.each([UNIT], (unit) => {
      this.account(unit.body.requester);
      const { receipts, attestation } = unit.body.policy;
      for (const policy of [receipts, attestation]) if (policy) needed(this.committees.get(hex(policy.committee)));
      checkThreshold(this.committees.get(hex(receipts.committee)), receipts.threshold);
    });
    this.based = new Map(based.map(({ object }) => [hex(unitId(object)), object]));
    this.readReceipts();
    const shown = this.each([UNIT], (unit, entry) => this.showUnit(unit, entry));
    this.units = new Map(shown.map(({ object, found }) => [hex(unitId(object)), { unit: object, ...found }]));
  }

  checkUnitAlone(unit) { // STL-067, the first of its checks
    const { network, deadlines, policy } = unit.body;
    check(network === this.network, "crypto/network-mismatch", "STL-067");
    check(deadlines, "semantic/deadlines-missing", "STL-067");
    check(deadlines.challenge >= this.first && deadlines.challenge <= this.last, "policy/not-due", "STL-067");
    check(policy.receipts, "policy/way-not-asked", "STL-067");
    checkUnitSignature(unit);
  }

  readBeacons() { // STL-066
    this.real = new Map();
    this.given = new Map();
    this.each([BEACON], (beacon) => {
      const { round, output, supplied } = checkBeacon(beacon);
      check(!supplied || this.supplied, "policy/supplied-beacon", "STL-066");
      if (!supplied) this.real.set(round, output);
      else if (!this.given.has(round) || byBytes(output, this.given.get(round)) < 0) this.given.set(round, output);
    });
  }

  outputOf(round, { eligible }) {
    return this.real.get(round) ?? (eligible ? undefined : this.given.get(round));
  }

  readReceipts() { // STL-068
    this.slots = new Map();
    this.each([RECEIPT], (receipt) => {
      const { unit: id, kind, party, subject, slot } = receipt.body;
      const unit = needed(this.based.get(hex(id)));
      checkReceipt(receipt, unit, this.committees.get(hex(unit.body.policy.receipts.committee)));
      const key = [id, party, subject].map(hex).join(" ") + kind;
      this.slots.set(key, least([slot, ...(this.slots.has(key) ? [this.slots.get(key)] : [])]));
    });
  }

  slotOf(unit, kind, party, subject) {
    return this.slots.get([unitId(unit), party, subject].map(hex).join(" ") + kind);
  }

  showUnit(unit, entry) {
    const { body } = unit;
    const { policy, deadlines } = body;
    const slot = needed(this.slotOf(unit, OF_UNIT, body.requester, unitId(unit)), "policy/no-receipt", "STL-067");
    const found = { workers: policy.workers ?? [], drawn: false, eligible: false };
    if (policy.assignment) {
      found.registry = needed(this.registries.get(hex(policy.assignment.registry)));
      const round = assignmentRound(unit, slot);
      const output = needed(this.outputOf(round, { eligible: false }));
      found.workers = passing(() => assign(found.registry, unit, output)) ?? [];
      found.drawn = true;
      found.eligible = this.isEligible(unit, this.real.has(round));
    }
    entry.found = found;
    const attesting = policy.attestation && this.committees.get(hex(policy.attestation.committee));
    const ways = [policy.audit, policy.attestation, policy.redundancy].map((way, at) => (way ? 2 << at : 0));
    entry.records.push(
      [2, pack(
        unitId(unit), [this.account(body.requester), 4], [body.price, 8], [body.escrow, 12], [deadlines.challenge, 8],
        [policy.redundancy?.replicas ?? 1n, 1], [ways.reduce((one, other) => one | other), 1],
        [(policy.audit?.auditors ?? 0n) * (policy.audit?.samples ?? 0n), 8],
        [attesting ? weightOf(attesting.members) : 0n, 8], [found.eligible ? 1 : 0, 1],
      )],
      ...(body.beneficiaries ?? []).map(({ address, share: of }) => [3, pack(unitId(unit), address, [of, 2])]),
    );
  }

  isEligible({ body }, real) { // STL-011
    const { slashBase, slashShare } = this.parameters;
    const committees = [body.policy.receipts, body.policy.attestation].filter(Boolean);
    const members = committees.flatMap(({ committee }) => this.committees.get(hex(committee)).members);
    const cost = slashBase + share(body.escrow, slashShare);
    return real && members.every(({ key }) => this.accounts.has(hex(key))) && (body.requirements?.leastStake ?? 0n) >= cost;
  }

  judgeWork() {
    const commits = this.each([COMMIT], (commit) => { // STL-069
      const { unit, workers } = needed(this.units.get(hex(commit.body.unit)));
      checkCommit(commit, unit);
      check(isOne(commit.body.worker, workers), "policy/unassigned-worker", "STL-069");
    });
    this.commits = commits.map(({ object }) => object);
    for (const commit of this.commits) {
      const { unit } = this.units.get(hex(commit.body.unit));
      commit.slot = this.slotOf(unit, OF_COMMIT, commit.body.worker, commitId(commit));
    }
    this.signed = this.each([REVEAL, OPAQUE_REVEAL], (reveal) => {
      const { workers } = needed(this.units.get(hex(unitId(reveal.claim.unit))));
      verifyReveal(reveal);
      check(isOne(reveal.claim.body.worker, workers), "policy/unassigned-worker", "STL-070");
    });
    const shown = this.each([REVEAL, OPAQUE_REVEAL], (reveal, entry) => {
      entry.slot = this.checkReveal(reveal);
    });
    this.claims = new Map(); // By id: the claim, its unit, the least slot of a commit to it, and the reveal that shows it.
    for (const entry of shown) {
      const { object: { claim }, slot } = entry;
      const known = this.claims.get(hex(idOf(claim)));
      if (known && known.slot <= slot) continue;
      this.claims.set(hex(idOf(claim)), { claim, slot, entry, ...this.units.get(hex(unitId(claim.unit))) });
    }
    for (const { claim, entry } of this.claims.values()) entry.records.push(this.claimRecord(claim));
  }

  // Raises unless the reveal shows its claim; gives the slot of the commit (STL-070).
  checkReveal(reveal) {
    const { claim } = reveal;
    const { unit, workers, registry } = this.units.get(hex(unitId(claim.unit)));
    const { deadlines, policy } = unit.body;
    const { worker } = claim.body;
    this.account(worker);
    const { adaptive } = policy.redundancy ?? {};
    const later = adaptive && !equal(worker, workers[0]);
    if (later) check(this.isReplicated(unit, workers[0], registry), "policy/not-called", "STL-070");
    const ours = this.commits.filter(({ body }) => equal(body.unit, unitId(unit)) && equal(body.worker, worker));
    check(ours.length > 0, "policy/no-commit", "STL-070");
    const opened = ours.filter((commit) => passing(() => checkOpening(commit, reveal) ?? true));
    if (!opened.length) checkOpening(ours[0], reveal);
    const committed = least(opened.map(({ slot }) => slot).filter((slot) => slot !== undefined));
    needed(committed, "policy/no-receipt", "STL-070");
    const window = adaptive?.window ?? 0n;
    check(committed <= deadlines.commit + (later ? window : 0n), "policy/late-commit", "STL-070");
    const revealed = this.slotOf(unit, OF_REVEAL, worker, revealId(reveal));
    needed(revealed, "policy/no-receipt", "STL-070");
    check(revealed > deadlines.commit + window, "policy/early-reveal", "STL-070");
    check(revealed <= deadlines.reveal, "policy/late-reveal", "STL-070");
    checkRevealCrypto(reveal);
    return committed;
  }

  isReplicated(unit, primary, registry) { // RED-041 to RED-043
    const id = unitId(unit);
    const commits = this.commits.filter(({ body }) => equal(body.unit, id) && equal(body.worker, primary));
    const inTime = commits.length === 1 && commits[0].slot !== undefined && commits[0].slot <= unit.body.deadlines.commit;
    if (!inTime) return true;
    const output = needed(this.outputOf(replicationRound(unit), this.units.get(hex(id))));
    const { reputation } = registry.accounts.find(({ key }) => equal(key, primary));
    return isReplicated(unit, primary, reputation, output);
  }

  claimRecord(claim) { // STL-012
    const { slot, drawn } = this.claims.get(hex(idOf(claim)));
    const { worker, steps = 1n, status = 0n } = claim.body;
    const fields = [[this.account(worker), 4], [steps, 8], [slot, 8], [status, 1], [drawn ? 2 : 1, 1]];
    return [4, pack(idOf(claim), unitId(claim.unit), ...fields)];
  }

  claimOf(id) {
    return needed(this.claims.get(hex(id)));
  }

  judgeClaims() {
    this.verdicts = []; // Claim's id, way, accepted or not.
    this.audits = this.each([AUDIT_PROOF], (audit, entry) => this.judgeAudit(audit, entry));
    this.aggregates = this.each([AGGREGATE], (made, entry) => this.judgeAggregate(made, entry));
    for (const one of this.units.values()) this.judgeQuorum(one);
    for (const { claim } of this.claims.values()) this.execute(claim);
  }

  verdict(records, id, way, accepted, evidence) {
    this.verdicts.push({ id: hex(id), way, accepted });
    records.push([5, pack(id, [way, 1], [accepted ? 1 : 2, 1], evidence)]);
  }

  judgeAudit({ proof, receipt }, entry) { // STL-071
    const id = claimId(proof.claim);
    const { unit, slot, eligible } = this.claimOf(id);
    const found = checkAudit({ proof: entry.data, supplied: this.supplied && !eligible });
    if (found.claim === "refuted") check(unit.body.policy.audit, "policy/way-not-asked", "STL-071");
    else {
      check(found.claim === "accepted", "policy/missing-evidence", "STL-071");
      check(receipt.body.slot === slot, "policy/wrong-round", "STL-071");
    }
    this.verdict(entry.records, id, AUDIT, found.claim === "accepted", entry.hash);
  }

  judgeAggregate(made, entry) { // STL-072
    const { body } = made;
    const { claim, unit } = this.claimOf(body.claim);
    const { attestation } = unit.body.policy;
    check(attestation, "policy/way-not-asked", "ATT-051");
    check(equal(body.committee, attestation.committee), "policy/other-committee", "ATT-052");
    const committee = this.committees.get(hex(attestation.committee));
    const { signers, weight } = checkAggregate("statement", made, committee);
    check(body.network === this.network, "crypto/network-mismatch", "ATT-050");
    check(equal(body.unit, unitId(unit)), "crypto/unit-mismatch", "ATT-050");
    const accepted = body.outcome === 1n;
    if (accepted) contradictions({ claim });
    checkEnough(committee, attestation.threshold, weight);
    entry.signers = signers.map((at) => committee.members[at]);
    this.verdict(entry.records, body.claim, ATTESTATION, accepted, entry.hash);
  }

  judgeQuorum(one) { // STL-073
    const { unit, registry } = one;
    const { policy } = unit.body;
    if (!policy.redundancy) return;
    const id = unitId(unit);
    const about = [
      ...this.of(COMMIT, RECEIPT).filter(({ object }) => equal(object.body.unit, id)),
      ...this.signed.filter(({ object }) => equal(unitId(object.claim.unit), id)),
    ].map(({ data }) => data);
    const named = [this.committees.get(hex(policy.receipts.committee)), ...(registry ? [registry] : [])];
    const beacons = new Map(one.eligible ? this.real : [...this.given, ...this.real]);
    const files = new Files([...about, ...named.map(({ item }) => encode(item))]);
    const judged = passing(() => judgeUnit(encode(unit.item), files, beacons));
    if (judged?.claim !== "accepted") return;
    const parties = judged.standings.filter(({ standing }) => standing === "agrees" || standing === "dissents");
    const reveals = this.signed.filter(({ object: { claim } }) =>
      equal(unitId(claim.unit), id) && isOne(claim.body.worker, parties.map(({ key }) => key)));
    const evidence = evidenceHash([encode(unit.item), ...reveals.map(({ data }) => data)]);
    for (const { object: { claim } } of reveals) {
      const { standing } = parties.find(({ key }) => equal(key, claim.body.worker));
      if (this.claims.has(hex(idOf(claim)))) this.verdict(this.others, idOf(claim), QUORUM, standing === "agrees", evidence);
    }
  }

  execute(claim) { // STL-074
    if (claim.unit.body.opaque) return;
    const data = encode(claim.item);
    for (const { program, input } of this.executed) {
      const found = passing(() => reexecute({ claim: data, program, input }));
      if (found) return void this.verdict(this.others, idOf(claim), REEXECUTION, found.claim === "accepted", hashOf(data));
    }
  }

  judgeCheck(reveal, entry) { // STL-076, AUD-059
    const { check: { body } } = reveal;
    const found = this.claimOf(body.claim);
    const { unit } = found;
    const { policy: { audit }, deadlines } = unit.body;
    const attested = this.attestedBy(body);
    check(audit?.auditors || attested.length, "policy/way-not-asked", "REG-029");
    const account = this.account(body.auditor);
    const drawn = Boolean(audit?.auditors) && isOne(body.auditor, this.drawnAuditors(found));
    check(drawn || attested.length, "policy/undrawn-auditor", "AUD-059");
    const made = needed(this.slotOf(unit, OF_CHECK, body.auditor, checkId(reveal)), "policy/no-receipt", "AUD-059");
    check(made <= (deadlines.reveal + deadlines.challenge) / 2n, "policy/late-check", "AUD-059");
    const beside = this.usableAudits(body.claim, found);
    const [first] = [...beside.filter(({ object }) => canExecute(object, body)), ...beside]; // AUD-060
    checkReveal(reveal, needed(first).object);
    const record = (kind, part, evidence) =>
      entry.records.push([6, pack(body.claim, [kind, 1], [account, 4], [part, 8], [1, 1], evidence)]);
    if (drawn) record(1, audit.samples, entry.hash);
    for (const { weight, hash } of attested) record(2, weight, hash);
  }

  // The aggregates by which the signer of a check attested its claim's outcome, with its weight (STL-075).
  attestedBy({ claim, auditor }) {
    const outcome = this.outcomeOf(hex(claim));
    const about = this.aggregates.filter(({ object: { body } }) => equal(body.claim, claim) && body.outcome === outcome);
    return about.flatMap(({ hash, signers }) =>
      signers.filter(({ key }) => equal(key, auditor)).map(({ weight }) => ({ weight, hash })));
  }

  drawnAuditors(found) {
    const { claim, unit, slot, registry, workers } = found;
    const output = needed(this.outputOf(auditorsRound(unit, slot), found));
    const excluded = [...workers, claim.body.worker];
    return passing(() => assign(registry, unit, output, { purpose: AUDITORS, excluded })) ?? [];
  }

  // Audit proofs that a check reveal can be held to, by ascending hash (AUD-060).
  usableAudits(id, { slot, eligible }) {
    const supplied = this.supplied && !eligible;
    return [...this.entries.values()].filter(({ shape, object, data }) => {
      if (shape !== AUDIT_PROOF || !object || !equal(claimId(object.proof.claim), id)) return false;
      return passing(() => checkAudit({ proof: data, supplied, drawn: true })) && object.receipt?.body.slot === slot;
    });
  }

  judgeOffences() {
    this.refutations = [];
    const served = new Set();
    this.each([FAULT_REVEAL], (reveal, entry) => { // STL-077
      const proof = this.entries.get(hex(reveal.proof));
      check(proof?.object, "policy/missing-evidence", "STL-077");
      const claim = checkFaultReveal(reveal, proof.data);
      const id = claimId(claim);
      const { unit } = this.claimOf(id);
      const { prover } = reveal.commit.body;
      const account = this.account(prover);
      const slot = this.slotOf(unit, OF_FAULT_COMMIT, prover, faultCommitId(reveal.commit));
      needed(slot, "policy/no-receipt", "STL-077");
      this.refutations.push({ id: hex(id), slot });
      served.add(proof);
      entry.records.push([7, pack(id, [slot, 8], [account, 4], entry.hash)]);
    });
    this.each(PROOFS, (_, entry) => check(served.has(entry), "policy/missing-evidence", "STL-077"));
    this.each([SILENCE_PROOF], (proof, entry) => this.judgeSilence(proof, entry));
    this.each([EQUIVOCATION], (made, entry) => this.judgeEquivocation(made, entry));
  }

  judgeSilence({ unit, request, silence }, entry) { // STL-078
    const id = unitId(unit);
    const found = needed(this.units.get(hex(id)));
    checkSilence({ proof: entry.data });
    const { worker, what } = request.body;
    const account = this.account(worker);
    const { until } = silence.body;
    check(until <= unit.body.deadlines.challenge, "policy/late-silence", "STL-078");
    check(this.isThere(request.body, found), "policy/missing-evidence", "STL-078");
    if (what === FOR_REVEAL) {
      const answered = this.signed.some(({ object }) => this.isAnswer(object, request.body, found, until));
      check(!answered, "policy/answered", "STL-078");
    }
    entry.records.push([8, pack(id, [account, 4], [what === FOR_REVEAL ? 1 : 2, 1], entry.hash)]);
  }

  subjectCommit({ worker, subject }, { unit }) {
    return this.commits.find(({ body, ...rest }) =>
      equal(body.unit, unitId(unit)) && equal(body.worker, worker) && equal(commitId({ body, ...rest }), subject));
  }

  isThere(asked, found) {
    if (asked.what === FOR_REVEAL) return this.subjectCommit(asked, found)?.slot !== undefined;
    const ofWorker = (id) => {
      const one = this.claims.get(hex(id));
      const right = one && equal(unitId(one.unit), unitId(found.unit)) && equal(one.claim.body.worker, asked.worker);
      return right && !one.claim.unit.body.opaque ? one.claim : undefined;
    };
    if (asked.what === FOR_SEGMENTS) {
      const claim = ofWorker(asked.subject);
      return claim !== undefined && asked.segments.every((segment) => segment <= lastSegment(claim));
    }
    return this.of(DISPUTE).some(({ object }) => {
      const { body, signature } = object;
      if (!equal(disputeIdOf("dispute", object), asked.subject) || body.network !== this.network) return false;
      return ofWorker(body.claim) && passing(() => verify(body.challenger, asked.subject, signature) ?? true);
    });
  }

  isAnswer(reveal, asked, found, until) {
    const commit = this.subjectCommit(asked, found);
    if (!passing(() => checkOpening(commit, reveal) ?? true)) return false;
    const slots = [OF_REVEAL, OF_ANSWER].map((kind) =>
      this.slotOf(found.unit, kind, reveal.claim.body.worker, revealId(reveal)));
    return slots.some((slot) => slot !== undefined && slot <= until);
  }

  judgeEquivocation(made, entry) { // STL-079
    check(made.network === this.network, "crypto/network-mismatch", "STL-079");
    const { unit } = made.first.body;
    needed(this.units.get(hex(unit)));
    const { accused } = checkEquivocation(made);
    const accounts = accused.map((key) => this.accounts.get(hex(key))).filter((at) => at !== undefined);
    check(accounts.length > 0, "policy/no-account", "STL-079");
    for (const account of accounts) entry.records.push([9, pack(unit, [account, 4], entry.hash)]);
  }

  outcomeOf(id) { // STL-075
    const { challenge } = this.claims.get(id).unit.body.deadlines;
    if (this.refutations.some((one) => one.id === id && one.slot <= challenge)) return 2n;
    const verdicts = this.verdicts.filter((one) => one.id === id);
    const way = least(verdicts.map((one) => one.way));
    const said = new Set(verdicts.filter((one) => one.way === way).map(({ accepted }) => accepted));
    return said.size === 1 ? (said.has(true) ? 1n : 2n) : undefined;
  }

  // All records, each once, ascending: pairs of type and bytes.
  get records() {
    const all = [...[...this.entries.values()].flatMap(({ records }) => records), ...this.others];
    const once = new Map(all.map(([type, one]) => [`${type} ${hex(one)}`, [type, one]]));
    return [...once.values()].sort((one, other) => one[0] - other[0] || byBytes(one[1], other[1]));
  }

  get accountRecords() {
    return this.registry.accounts.map(({ key, payout, stake, reputation }) =>
      pack(key, payout, [stake, 12], [reputation, 4]));
  }
}

const isOne = (key, keys) => keys.some((one) => equal(one, key));

function canExecute(audit, { claim, auditor }) {
  return passing(() => statesAt(audit, claim, auditor)) !== undefined;
}

function readRegistries({ registry, earlier = [] }) {
  return [registry, ...earlier].map((file) => readObject(REGISTRY, octets(file)));
}

function epochFilesOf(input) {
  const parameters = readObject(PARAMETERS, octets(input.parameters));
  const [first, last] = [number(input.first_slot), number(input.last_slot)];
  const registries = readRegistries(input);
  const { network, supplied, executed } = input;
  return new EpochFiles({ network, first, last, parameters, registries, supplied, executed }, input.files.map(octets));
}

const described = (records) => records.map(([type, record]) => ({ type, record }));

export const operations = {
  "settlement.shown": (input) => {
    const epochFiles = epochFilesOf(input);
    const { records } = epochFiles;
    const packed = TYPES.map((type) => (type === ACCOUNT ? epochFiles.accountRecords : ofType(records, type)));
    const about = { number: number(input.number), treasury: octets(input.treasury) };
    const { hash } = makeManifest({ ...epochFiles, ...about }, packed);
    const files = [...epochFiles.entries.values()].map((entry) => {
      return { file: entry.hash, records: entry.records.length, ...(entry.code && { code: entry.code }) };
    });
    return { hash, records: described(records), files };
  },
  "settlement.file": (input) => {
    const { code, stage, records } = epochFilesOf(input).entries.get(hex(hashOf(octets(input.file))));
    check(!code, `${stage}/${code}`, "STL-062");
    return { records: described(records) };
  },
  "settlement.refused": (input) => {
    const { manifest, parameters, packed } = readEpoch(octets(input.epoch));
    const { network, first, last } = manifest;
    const about = { network, first, last, parameters, registries: readRegistries(input), supplied: input.supplied };
    const epochFiles = new EpochFiles(about, input.files.map(octets));
    const accounts = [...epochFiles.accountRecords].sort(byBytes);
    const same = accounts.length === packed[0].length && accounts.every((one, at) => equal(one, packed[0][at]));
    check(same, "crypto/registry-mismatch", "STL-063");
    return { set_aside: refused(epochFiles, packed) };
  },
};

const ofType = (records, type) => records.filter(([of]) => of === type).map(([, record]) => record);

function refused(epochFiles, packed) { // STL-060
  const shown = new Set(epochFiles.records.map(([type, record]) => `${type} ${hex(record)}`));
  const objects = [...epochFiles.entries.values()].filter(({ object }) => object);
  const units = new Set(objects.filter(({ shape }) => shape === UNIT).map(({ object }) => hex(unitId(object))));
  const reveals = objects.filter(({ shape }) => shape === REVEAL || shape === OPAQUE_REVEAL);
  const claims = new Set(reveals.map(({ object }) => hex(idOf(object.claim))));
  const isThere = (type, record) => {
    const [id, evidence] = [hex(record.subarray(0, 32)), hex(record.subarray(-32))];
    if (type === 2 || type === 3) return units.has(id);
    const ofReveals = type === 4 || (type === 5 && [REEXECUTION, QUORUM].includes(record[32]));
    return ofReveals ? claims.has(id) : epochFiles.entries.has(evidence);
  };
  return TYPES.filter((type) => type !== ACCOUNT).flatMap((type) =>
    packed[type - 1].flatMap((record, place) => {
      if (shown.has(`${type} ${hex(record)}`)) return [];
      return [{ type, place, reason: isThere(type, record) ? 18 : 17 }];
    }),
  );
}
