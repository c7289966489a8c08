// Units, claims and segment proofs: their shapes and semantic checks (spec/unit.md, claim.md, segment.md).

import { check } from "./errors.mjs";
import { encode } from "./encoding.mjs";
import { digest, signedId } from "./hashing.mjs";
import { PAGE_SIZE, joinRegions, segmentCount, traceHeight, zeroRoots } from "./trees.mjs";
import { FAULTED, HALTED, OUT_OF_STEPS, RUNNING, entryState, stateHash } from "./machine.mjs";
import { amount, array, bytes, positiveAmount, record, text, uint } from "./schema.mjs";
import { concat, equal, le64 } from "./values.mjs";

const MAX_HEIGHT = 20;
const MAX_WITNESS_PAGES = 8192;
export const digestField = bytes(32);
export const keyField = bytes(48);
export const signatureField = bytes(96);
export const name = text(1, 32, /^[a-z0-9-]+$/);

export const ascends = (list) => list.every((item, at) => at === 0 || Buffer.compare(list[at - 1], item) < 0);

export const CONTEXT = record(
  [
    [0, "profile", name], [1, "suite", uint(1n, 255n)], [2, "entry", uint(0n, 2147483647n)],
    [3, "codeFirst", uint(0n, 524287n)], [4, "codeEnd", uint(1n, 524288n)], [5, "imageRoot", digestField],
    [6, "inputLength", uint(0n, 1073741824n)], [7, "inputRoot", digestField], [8, "maxSteps", uint(1n)],
    [9, "segmentLog2", uint(4n, 24n)],
  ],
  {
    holds(context) {
      const { entry, codeFirst, codeEnd } = context;
      check(context.profile === "rv64im", "semantic/unknown-profile", "UNT-010");
      check(context.suite === 1n, "semantic/unknown-suite", "UNT-011");
      check(codeFirst < codeEnd, "semantic/code-range", "UNT-012");
      const inside = entry >= codeFirst * 4096n && entry < codeEnd * 4096n;
      check(entry % 4n === 0n && inside, "semantic/bad-entry", "UNT-013");
      context.height = traceHeight(context.maxSteps, context.segmentLog2);
      check(context.height <= MAX_HEIGHT, "semantic/too-many-segments", "UNT-014");
    },
  },
);

export const contextHash = (context) => digest("context", encode(context.item)); // UNT-015

export function programId({ entry, codeFirst, codeEnd, imageRoot }) { // LOD-042
  return digest("program", concat(le64(entry), le64(codeFirst), le64(codeEnd), imageRoot));
}

export const initialRoot = ({ imageRoot, inputRoot }) => joinRegions(imageRoot, inputRoot, zeroRoots()[18]); // MEM-006

export const firstLeaf = (context) => stateHash(contextHash(context), entryState(context), initialRoot(context)); // TRC-005

const ADAPTIVE = record([[0, "floor", uint(1n, 10000n)], [1, "window", uint(1n, 4294967295n)]]);

const AUDIT = record([
  [0, "samples", uint(1n, 4096n)], [1, "delay", uint(0n, 4294967295n)], [2, "auditors", uint(1n, 64n), true],
]);

const POLICY = record(
  [
    [0, "audit", AUDIT, true],
    [
      1,
      "redundancy",
      record([[0, "replicas", uint(1n, 64n)], [1, "quorum", uint(1n, 64n)], [2, "adaptive", ADAPTIVE, true]], {
        holds: ({ replicas, quorum }) =>
          check(2n * quorum > replicas && quorum <= replicas, "semantic/bad-quorum", "UNT-022"),
      }),
      true,
    ],
    [2, "attestation", record([[0, "committee", digestField], [1, "threshold", uint(1n)]]), true],
    [3, "workers", array(keyField, 1, 256), true],
    [4, "assignment", record([[0, "registry", digestField], [1, "delay", uint(0n, 4294967295n)]]), true],
    [5, "receipts", record([[0, "committee", digestField], [1, "threshold", uint(1n)]]), true],
  ],
  {
    holds({ audit, redundancy, workers, assignment, receipts }) { // UNT-028
      check(!workers || ascends(workers), "semantic/worker-order", "UNT-024");
      check(!assignment || !workers, "semantic/policy-form", "UNT-030");
      check(!redundancy?.adaptive || assignment, "semantic/policy-form", "UNT-032");
      check(!audit?.auditors || (assignment && receipts), "semantic/policy-form", "UNT-035");
    },
  },
);

const resource = uint(1n, 4294967295n);
const REQUIREMENTS = record(
  [
    [0, "cores", resource, true], [1, "memory", resource, true], [2, "storage", resource, true],
    [3, "regions", array(name, 1, 16), true], [4, "leastStake", positiveAmount, true],
  ],
  {
    holds: ({ regions = [] }) => check(new Set(regions).size === regions.length, "semantic/region-twice", "UNT-034"),
  },
);

const DEADLINES = record([[0, "commit", uint()], [1, "reveal", uint()], [2, "challenge", uint()]], {
  holds: ({ commit, reveal, challenge }) =>
    check(commit < reveal && reveal < challenge, "semantic/deadline-order", "UNT-025"),
});

const BENEFICIARY = record([[0, "address", bytes(20)], [1, "share", uint(1n, 10000n)]]);

const UNIT_BODY = record(
  [
    [0, "network", name], [1, "requester", keyField], [2, "nonce", digestField], [3, "context", CONTEXT, true],
    [4, "opaque", record([[0, "job", digestField]]), true], [5, "policy", POLICY], [6, "deadlines", DEADLINES, true],
    [7, "price", uint()], [8, "escrow", amount], [9, "beneficiaries", array(BENEFICIARY, 1, 256), true],
    [10, "requirements", REQUIREMENTS, true],
  ],
  {
    holds({ context, opaque, policy, deadlines, beneficiaries = [] }) { // UNT-028
      check((context === undefined) !== (opaque === undefined), "semantic/work-form", "UNT-004");
      const others = policy.redundancy || policy.attestation;
      check(!opaque || (!policy.audit && others), "semantic/policy-form", "UNT-005");
      check(deadlines || (!policy.audit && !policy.redundancy), "semantic/deadlines-missing", "UNT-025");
      const adaptive = policy.redundancy?.adaptive;
      const late = adaptive && deadlines.commit + adaptive.window >= deadlines.reveal;
      check(!late, "semantic/deadline-order", "UNT-032");
      check(ascends(beneficiaries.map(({ address }) => address)), "semantic/beneficiary-order", "UNT-026");
      const shares = beneficiaries.reduce((total, { share }) => total + share, 0n);
      check(shares <= 10000n, "semantic/share-sum", "UNT-027");
    },
  },
);

export const UNIT = record([[2, "body", UNIT_BODY], [3, "signature", bytes(96)]], { kind: "tracework/unit" });

export const unitId = ({ body }) => signedId("unit", body.network, encode(body.item)); // UNT-002

export const CLAIM_BODY = record(
  [
    [0, "unit", digestField], [1, "worker", keyField], [2, "leafCount", uint(2n, 1048576n)], [3, "traceRoot", digestField],
    [4, "steps", uint(1n)], [5, "status", uint(0n, 3n)], [6, "code", uint()], [7, "outputLength", uint(0n, 1073741824n)],
    [8, "outputRoot", digestField], [9, "finalState", digestField],
  ],
  {
    holds(body) {
      const status = Number(body.status);
      check(status !== RUNNING, "semantic/not-final", "CLM-010");
      check(status !== FAULTED || (body.code >= 1n && body.code <= 10n), "semantic/status-code", "CLM-011");
      check(status !== OUT_OF_STEPS || body.code === 0n, "semantic/status-code", "CLM-011");
      check(status === HALTED || body.outputLength === 0n, "semantic/output-without-halt", "CLM-012");
    },
  },
);

const OPENINGS = record([
  [0, "firstLeaf", digestField], [1, "firstPath", bytes(32, 640)], [2, "lastPath", bytes(32, 640)], [3, "pc", uint()],
  [4, "registers", bytes(248)], [5, "low", digestField],
]);

function checkClaimFields({ unit, body }) { // CLM-016
  const { context } = unit.body;
  check(context, "semantic/opaque-unit", "UNT-006");
  const { steps } = body;
  const cutOff = Number(body.status) === OUT_OF_STEPS;
  check(steps <= context.maxSteps && (!cutOff || steps === context.maxSteps), "semantic/step-count", "CLM-014");
  check(body.leafCount === segmentCount(steps, context.segmentLog2) + 1n, "semantic/leaf-count", "CLM-015");
}

export const CLAIM = record(
  [[2, "unit", UNIT], [3, "body", CLAIM_BODY], [4, "signature", bytes(96)], [5, "openings", OPENINGS]],
  { kind: "tracework/claim", holds: checkClaimFields },
);

export const SIGNED_CLAIM = record([[0, "unit", UNIT], [1, "body", CLAIM_BODY], [2, "signature", bytes(96)]], {
  holds: checkClaimFields, // FLT-001
});

export const claimId = ({ unit, body }) => signedId("claim", unit.body.network, encode(body.item)); // CLM-002

const pageNumbers = array(uint(0n, 1048575n), 0, MAX_WITNESS_PAGES);
const ordered = (numbers) => numbers.every((number, at) => at === 0 || numbers[at - 1] < number);

export function checkWitness({ pages, zeroPages, content }, most) { // SEG-016
  check(ordered(pages) && ordered(zeroPages), "semantic/page-order", "SEG-011");
  const first = new Set(pages);
  check(!zeroPages.some((page) => first.has(page)), "semantic/page-twice", "SEG-012");
  check(content.length === PAGE_SIZE * pages.length, "semantic/page-content", "SEG-013");
  check(pages.length + zeroPages.length <= most, "semantic/witness-too-large", "SEG-014");
  for (let at = 0; at < content.length; at += PAGE_SIZE) {
    const page = content.subarray(at, at + PAGE_SIZE);
    check(page.some((byte) => byte !== 0), "semantic/zero-page-content", "SEG-015");
  }
}

const SEGMENT = record(
  [
    [0, "index", uint(0n, 1048575n)], [1, "pc", uint()], [2, "registers", bytes(248)], [3, "memoryRoot", digestField],
    [4, "pages", pageNumbers], [5, "zeroPages", pageNumbers], [6, "content", bytes(0, 33554432)],
    [7, "siblings", bytes(0, Infinity)],
  ],
  {
    holds: (segment) => checkWitness(segment, MAX_WITNESS_PAGES),
  },
);

export const SEGMENT_PROOF = record(
  [
    [2, "claim", CLAIM], [3, "leaves", bytes(64, 262144)], [4, "siblings", bytes(0, Infinity)],
    [5, "segments", array(SEGMENT, 1, 4096)],
  ],
  {
    kind: "tracework/segment-proof",
    holds(proof) {
      const count = proof.claim.body.leafCount - 1n;
      proof.segments.forEach(({ index }, at) => {
        check(at === 0 || proof.segments[at - 1].index < index, "semantic/segment-order", "SEG-009");
        check(index < count, "semantic/segment-index", "SEG-010");
      });
      const indices = new Set(proof.segments.flatMap(({ index }) => [index, index + 1n]));
      proof.leafIndices = [...indices].sort((one, other) => (one < other ? -1 : 1));
      check(proof.leaves.length === 32 * proof.leafIndices.length, "semantic/leaves-length", "SEG-020");
    },
  },
);

// The leaf of the proof for a trace index, which SEG-020 has made sure is there.
export function leafAt(proof, index) {
  const at = 32 * proof.leafIndices.indexOf(index);
  return proof.leaves.subarray(at, at + 32);
}

export function readRegisters(content) { // CLM-021
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const registers = new BigUint64Array(32);
  for (let i = 1; i < 32; i++) registers[i] = view.getBigUint64(8 * (i - 1), true);
  return registers;
}

export const names = (list, key) => list === undefined || list.some((item) => equal(item, key));

// Fault proofs (spec/fault.md)

export const lastSegment = ({ body }) => body.leafCount - 2n;

export const LEAF_FAULT = record(
  [[2, "claim", SIGNED_CLAIM], [3, "index", uint(0n, 1048575n)], [4, "leaf", digestField], [5, "path", bytes(32, 640)]],
  {
    kind: "tracework/leaf-fault",
    holds: ({ claim, index }) => check(index === 0n || index > lastSegment(claim), "semantic/leaf-index", "FLT-011"),
  },
);

const stateFields = [
  [0, "status", uint(0n, 3n)], [1, "code", uint()], [2, "pc", uint()], [3, "registers", bytes(248)], [4, "steps", uint()],
];

export const RESULT_FAULT = record(
  [
    [2, "claim", SIGNED_CLAIM],
    [3, "final", record([...stateFields, [5, "low", digestField], [6, "input", digestField], [7, "output", digestField]])],
  ],
  { kind: "tracework/result-fault" },
);

const SUBTRACE_BODY = record([
  [0, "network", name], [1, "claim", digestField], [2, "segment", uint(0n, 1048575n)], [3, "root", digestField],
]);

export const SUBTRACE = record([[2, "body", SUBTRACE_BODY], [3, "signature", bytes(96)]], { kind: "tracework/subtrace" });

const stepPages = array(uint(0n, 1048575n), 0, 3);

export const STEP_FAULT = record(
  [
    [2, "claim", SIGNED_CLAIM], [3, "subtrace", SUBTRACE], [4, "index", uint(0n, 16777215n)], [5, "leaves", bytes(64)],
    [6, "siblings", bytes(0, Infinity)],
    [
      7,
      "state",
      record(
        [
          ...stateFields, [5, "memoryRoot", digestField], [6, "pages", stepPages], [7, "zeroPages", stepPages],
          [8, "content", bytes(0, 3 * PAGE_SIZE)], [9, "siblings", bytes(0, Infinity)],
        ],
        { holds: (state) => checkWitness(state, 3) }, // FLT-031
      ),
    ],
  ],
  {
    kind: "tracework/step-fault",
    holds({ claim, subtrace, index }) {
      check(subtrace.body.segment <= lastSegment(claim), "semantic/segment-index", "FLT-022");
      check(index < 1n << claim.unit.body.context.segmentLog2, "semantic/step-index", "FLT-032");
    },
  },
);
