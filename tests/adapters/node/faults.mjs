// Fault proofs: evidence that a signed claim is false (spec/fault.md).

import { check } from "./errors.mjs";
import { encode } from "./encoding.mjs";
import { signedId } from "./hashing.mjs";
import { verify } from "./keys.mjs";
import { HALTED, RUNNING, newState, stateHash, step } from "./machine.mjs";
import { LEAF_FAULT, RESULT_FAULT, STEP_FAULT, claimId, contextHash, firstLeaf, readRegisters } from "./objects.mjs";
import { readObject } from "./schema.mjs";
import { joinRegions, verifyProof } from "./trees.mjs";
import { equal, octets } from "./values.mjs";
import { checkSigned, checkWitnessRoot, holds, judge, rootAfter, witnessOf } from "./verifier.mjs";

// Reads a proof and checks it; what contradicts nothing is no fault.
function faultCheck(shape, { proof: file, pins = {} }, crypto, execution) {
  const data = octets(file);
  return checkFault(readObject(shape, data), data, pins, crypto, execution);
}

// Checks a proof's signed claim, then what `crypto` and `execution` check.
function checkFault(proof, data, pins, crypto, execution) {
  const { claim } = proof;
  const id = claimId(claim);
  checkSigned(claim, id);
  const { context } = claim.unit.body;
  crypto(proof, context, id);
  return judge(data, claim, id, pins, "valid", "refuted", () => {
    execution(proof, context);
    check(false, "execution/no-fault", "FLT-003");
  });
}

const opened = ({ status, code, pc, registers, steps }) =>
  newState({ pc, registers: readRegisters(registers), steps, status: Number(status), code });

function leafFault(input) {
  return faultCheck(
    LEAF_FAULT,
    input,
    ({ claim, index, leaf, path }, { height }) => // FLT-012
      verifyProof("trace-node", height, claim.body.traceRoot, [[index, leaf]], path),
    ({ claim, index, leaf }, context) => {
      if (index === 0n) holds(equal(leaf, firstLeaf(context)), "execution/wrong-first-leaf"); // FLT-013
      else holds(equal(leaf, claim.body.finalState), "execution/wrong-last-leaf"); // FLT-014
    },
  );
}

function resultFault(input) {
  return faultCheck(
    RESULT_FAULT,
    input,
    ({ claim, final }, context) => { // FLT-016
      const root = joinRegions(final.low, final.input, final.output);
      const hash = stateHash(contextHash(context), opened(final), root);
      check(equal(hash, claim.body.finalState), "crypto/state-mismatch", "FLT-016");
    },
    ({ claim: { body }, final }, context) => { // FLT-017
      const { registers } = opened(final);
      const length = Number(final.status) === HALTED ? registers[11] : 0n;
      const right =
        final.status === body.status && final.code === body.code && final.steps === body.steps &&
        equal(final.input, context.inputRoot) && equal(final.output, body.outputRoot) && length === body.outputLength &&
        (Number(body.status) !== HALTED || registers[10] === body.code);
      holds(right, "execution/wrong-result");
    },
  );
}

// What is checked of a subtrace beside its claim (FLT-023, FLT-024).
export function checkSubtrace({ body, signature }, claim, id) {
  const same = body.network === claim.unit.body.network && equal(body.claim, id);
  check(same, "crypto/claim-mismatch", "FLT-023");
  verify(claim.body.worker, signedId("subtrace", body.network, encode(body.item)), signature);
}

function stepCrypto({ claim, subtrace, index, leaves, siblings, state }, context, id) {
  checkSubtrace(subtrace, claim, id);
  const pair = [[index, leaves.subarray(0, 32)], [index + 1n, leaves.subarray(32)]];
  verifyProof("step-node", Number(context.segmentLog2) + 1, subtrace.body.root, pair, siblings); // FLT-033
  const hash = stateHash(contextHash(context), opened(state), state.memoryRoot);
  check(equal(hash, leaves.subarray(0, 32)), "crypto/state-mismatch", "FLT-034");
  checkWitnessRoot(state); // FLT-031
}

function stepExecution({ subtrace, index, leaves, state }, context) {
  const machine = opened(state);
  if (machine.status === RUNNING) { // FLT-035
    const steps = (subtrace.body.segment << context.segmentLog2) + index;
    const right = machine.steps === steps && steps < context.maxSteps && machine.code === 0n;
    holds(right, "execution/wrong-step");
  }
  const memory = witnessOf(state);
  step(context, machine, memory); // FLT-036
  const hash = stateHash(contextHash(context), machine, rootAfter(state, memory));
  holds(equal(hash, leaves.subarray(32)), "execution/wrong-step");
}

// A step fault proof inside another object: rejected unless it refutes its claim.
export const checkStepFault = (proof) => checkFault(proof, encode(proof.item), {}, stepCrypto, stepExecution);

const stepFault = (input) => faultCheck(STEP_FAULT, input, stepCrypto, stepExecution);

export const operations = { "fault.leaf": leafFault, "fault.result": resultFault, "fault.step": stepFault };
