// Checks of units, claims and segment proofs, in the order of the specification (spec/claim.md, segment.md, verdict.md).

import { check } from "./errors.mjs";
import { encode } from "./encoding.mjs";
import {
  CLAIM, CONTEXT, SEGMENT_PROOF, UNIT, claimId, contextHash, firstLeaf, initialRoot, leafAt, names, programId, readRegisters,
  unitId,
} from "./objects.mjs";
import { digest } from "./hashing.mjs";
import { verify } from "./keys.mjs";
import { HALTED, INPUT_BASE, Memory, RUNNING, entryState, newState, run, stateHash } from "./machine.mjs";
import { readObject } from "./schema.mjs";
import {
  PAGE_SIZE, hashPage, joinRegions, memoryTree, rootFromProof, traceTree, verifyProof,
} from "./trees.mjs";
import { concat, equal, hex, number, octets } from "./values.mjs";

// A check that fails here refutes the claim: it is a verdict, not a rejection of the evidence (VRD-002).
export class Refuted extends Error {
  constructor(stageAndCode) {
    super(stageAndCode);
    [this.stage, this.code] = stageAndCode.split("/");
  }
}
export function holds(condition, stageAndCode) {
  if (!condition) throw new Refuted(stageAndCode);
}

export function checkUnitSignature(unit) { // UNT-007
  verify(unit.body.requester, unitId(unit), unit.signature);
}

export function checkSigned({ unit, body, signature }, id) { // FLT-002
  checkUnitSignature(unit);
  check(equal(body.unit, unitId(unit)), "crypto/unit-mismatch", "CLM-017");
  verify(body.worker, id, signature);
}

export function checkClaimCrypto(claim, id) { // CLM-025
  checkSigned(claim, id);
  const { unit, body, openings } = claim;
  const { context } = unit.body;
  const last = body.leafCount - 1n;
  verifyProof("trace-node", context.height, body.traceRoot, [[0n, openings.firstLeaf]], openings.firstPath);
  verifyProof("trace-node", context.height, body.traceRoot, [[last, body.finalState]], openings.lastPath);
  const { pc, low } = openings;
  const registers = readRegisters(openings.registers);
  const final = newState({ pc, registers, steps: body.steps, status: Number(body.status), code: body.code });
  const root = joinRegions(low, context.inputRoot, body.outputRoot);
  check(equal(stateHash(contextHash(context), final, root), body.finalState), "crypto/state-mismatch", "CLM-024");
}

export function checkContradictions({ unit, body, openings }) {
  holds(equal(openings.firstLeaf, firstLeaf(unit.body.context)), "execution/wrong-first-leaf"); // CLM-026
  const registers = readRegisters(openings.registers);
  const right = registers[11] === body.outputLength && registers[10] === body.code;
  holds(Number(body.status) !== HALTED || right, "execution/wrong-result"); // CLM-027
}

// A pin on something that this kind of evidence doesn't have is one that it isn't about.
export function checkPins({ network, unit, worker, output }, statement) { // VRD-010
  const is = (pin, value) => pin === undefined || (value !== undefined && equal(octets(pin), value));
  check(network === undefined || network === statement.network, "policy/other-network", "VRD-010");
  check(is(unit, statement.unit), "policy/other-unit", "VRD-010");
  check(is(worker, statement.worker), "policy/other-worker", "VRD-010");
  if (output === undefined) return;
  const same = is(output.root, statement.output_root) && number(output.length) === statement.output_length;
  check(same && Number(statement.status) === HALTED, "policy/other-output", "VRD-010");
}

export function statementOf(claim, id) { // VRD-005
  const { unit, body } = claim;
  if (unit.body.opaque) return { ...statementOfUnit(unit), worker: body.worker, claim: id, result: body.result };
  return { ...statementOfUnit(unit), worker: body.worker, claim: id, ...statementOfRun(body) };
}

export function statementOfUnit(unit) {
  const { network, context } = unit.body;
  if (!context) return { network, unit: unitId(unit) };
  const { inputLength: input_length, inputRoot: input_root } = context;
  return { network, unit: unitId(unit), program: programId(context), input_length, input_root };
}

export function statementOfRun({ steps, status, code, outputLength: output_length, outputRoot: output_root }) {
  return { steps, status, code, output_length, output_root };
}

export function evidenceHash(files) { // VRD-008, VRD-009
  const hashes = new Map(files.map((file) => digest("evidence", file)).map((hash) => [hex(hash), hash]));
  const ordered = [...hashes.values()].sort(Buffer.compare);
  return ordered.length === 1 ? ordered[0] : digest("evidence", concat(...ordered));
}

// Runs the execution checks; a refutation is a verdict. Then the policy checks, CLM-029 and the pins last (VRD-011).
export function judge(data, claim, id, pins, evidence, claimState, execute, policy = () => {}) {
  const evidence_hash = evidenceHash(Array.isArray(data) ? data : [data]);
  const statement = statementOf(claim, id);
  try {
    execute();
  } catch (error) {
    if (!(error instanceof Refuted)) throw error;
    const { stage, code } = error;
    return { evidence: "valid", claim: "refuted", evidence_hash, error: { stage, code }, statement };
  }
  policy();
  check(names(claim.unit.body.policy.workers, claim.body.worker), "policy/unnamed-worker", "CLM-029");
  checkPins(pins, statement);
  return { evidence, claim: claimState, evidence_hash, statement };
}

function checkClaim({ claim: file, pins = {} }) {
  const data = octets(file);
  const claim = readObject(CLAIM, data);
  const id = claimId(claim);
  checkClaimCrypto(claim, id);
  const verdict = judge(data, claim, id, pins, "incomplete", "inconclusive", () => checkContradictions(claim));
  return verdict.claim === "refuted" ? verdict : { ...verdict, missing: ["CLM-030", "CLM-031"] };
}

export function reexecute({ claim: file, program, input, pins = {} }) {
  const data = octets(file);
  const claim = readObject(CLAIM, data);
  const id = claimId(claim);
  checkClaimCrypto(claim, id);
  const { context } = claim.unit.body;
  const memory = new Memory();
  for (const [page, content] of program.pages) memory.put(BigInt(page) * 4096n, octets(content));
  memory.put(INPUT_BASE, octets(input));
  const loaded = memoryTree(memory.pages);
  const places = [["entry", context.entry], ["code_first", context.codeFirst], ["code_end", context.codeEnd]];
  const same = places.every(([member, value]) => number(program[member]) === value);
  check(same && equal(loaded.node(19, 0), context.imageRoot), "crypto/program-mismatch", "CLM-030");
  const inputLength = BigInt(octets(input).length);
  const sameInput = inputLength === context.inputLength && equal(loaded.node(18, 2), context.inputRoot);
  check(sameInput, "crypto/input-mismatch", "CLM-030");
  return judge(data, claim, id, pins, "valid", "accepted", () => {
    checkContradictions(claim);
    const { body } = claim;
    const hash = contextHash(context);
    const state = entryState(context);
    const leaves = [stateHash(hash, state, loaded.root)];
    let tree = loaded;
    while (state.status === RUNNING) {
      run(context, state, memory, state.steps + (1n << context.segmentLog2));
      tree = memoryTree(memory.pages);
      leaves.push(stateHash(hash, state, tree.root));
    }
    const length = state.status === HALTED ? state.registers[11] : 0n;
    const right =
      body.leafCount === BigInt(leaves.length) && equal(body.traceRoot, traceTree(leaves, context.height).root) &&
      body.steps === state.steps && Number(body.status) === state.status && body.code === state.code &&
      body.outputLength === length && equal(body.outputRoot, tree.node(18, 3)) &&
      equal(body.finalState, leaves[leaves.length - 1]);
    holds(right, "execution/wrong-claim"); // CLM-031
  });
}

// The witness's leaves as pairs of page number and digest, ascending; `page` gives a page's bytes.
export function witnessLeaves(segment, page) {
  const numbers = [...segment.pages, ...segment.zeroPages].sort((one, other) => (one < other ? -1 : 1));
  return numbers.map((index) => [index, hashPage(page(Number(index)))]);
}

export function startOf(segment, context) { // SEG-022
  const steps = segment.index << context.segmentLog2;
  return newState({ pc: segment.pc, registers: readRegisters(segment.registers), steps });
}

export function witnessOf(segment) {
  const memory = new Memory();
  segment.pages.forEach((page, at) => {
    memory.pages.set(Number(page), Uint8Array.from(segment.content.subarray(PAGE_SIZE * at, PAGE_SIZE * (at + 1))));
  });
  for (const page of segment.zeroPages) memory.page(Number(page));
  memory.witness = true;
  return memory;
}

export function checkWitnessRoot(witness) { // SEG-023
  const memory = witnessOf(witness);
  const leaves = witnessLeaves(witness, (page) => memory.page(page));
  if (leaves.length === 0) check(witness.siblings.length === 0, "crypto/path-length", "SEG-023");
  else verifyProof("memory-node", 20, witness.memoryRoot, leaves, witness.siblings);
}

// The memory root after an execution on the witness, with the same siblings (SEG-024).
export function rootAfter(witness, memory) {
  const leaves = witnessLeaves(witness, (page) => memory.page(page));
  return leaves.length ? rootFromProof("memory-node", 20, leaves, witness.siblings) : witness.memoryRoot;
}

// The crypto checks on leaves and segments, after those on the claim.
export function checkSegmentsCrypto(proof) {
  const leaves = proof.leafIndices.map((index) => [index, leafAt(proof, index)]);
  const { height } = proof.claim.unit.body.context;
  verifyProof("trace-node", height, proof.claim.body.traceRoot, leaves, proof.siblings); // SEG-021
  for (const segment of proof.segments) checkSegmentCrypto(proof, segment);
}

function checkSegmentCrypto(proof, segment) {
  const { context } = proof.claim.unit.body;
  const hash = stateHash(contextHash(context), startOf(segment, context), segment.memoryRoot);
  check(equal(hash, leafAt(proof, segment.index)), "crypto/state-mismatch", "SEG-022");
  checkWitnessRoot(segment);
}

export function executeSegment(proof, segment) { // SEG-024 to SEG-026
  const { context } = proof.claim.unit.body;
  const state = startOf(segment, context);
  const memory = witnessOf(segment);
  run(context, state, memory, state.steps + (1n << context.segmentLog2));
  const root = rootAfter(segment, memory);
  holds(equal(stateHash(contextHash(context), state, root), leafAt(proof, segment.index + 1n)), "execution/wrong-leaf");
  const last = segment.index === proof.claim.body.leafCount - 2n;
  holds(last || state.status === RUNNING, "execution/ends-early");
}

export function checkSegmentProof({ proof: file, pins = {} }) {
  const data = octets(file);
  const proof = readObject(SEGMENT_PROOF, data);
  const { claim } = proof;
  const id = claimId(claim);
  checkClaimCrypto(claim, id);
  checkSegmentsCrypto(proof);
  return judge(data, claim, id, pins, "valid", "inconclusive", () => {
    checkContradictions(claim);
    for (const segment of proof.segments) executeSegment(proof, segment);
  });
}

function checkUnit({ unit: data, pins = {} }) {
  const unit = readObject(UNIT, octets(data));
  checkUnitSignature(unit);
  const id = unitId(unit);
  checkPins(pins, { network: unit.body.network, unit: id });
  return { id, body: encode(unit.body.item) };
}

function aboutContext({ context: data }) {
  const context = readObject(CONTEXT, octets(data));
  return {
    hash: contextHash(context), program: programId(context), initial_root: initialRoot(context),
    trace_height: context.height, first_leaf: firstLeaf(context),
  };
}

export const operations = {
  "unit.context": aboutContext,
  "unit.check": checkUnit,
  "claim.check": checkClaim,
  "claim.reexecute": reexecute,
  "segment.check": checkSegmentProof,
};
