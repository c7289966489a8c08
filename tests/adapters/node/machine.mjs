// The rv64im machine, a step at a time (spec/machine.md). Registers, addresses and counts are BigInts.

import { readFileSync } from "node:fs";
import { check } from "./errors.mjs";
import { digest } from "./hashing.mjs";
import { concat, equal, hex, le64, number, octets } from "./values.mjs";
import { PAGE_SIZE, joinRegions, memoryTree, segmentCount, zeroRoots } from "./trees.mjs";
import { encode } from "./encoding.mjs";

export const INPUT_BASE = 1n << 31n;
export const OUTPUT_BASE = INPUT_BASE + (1n << 30n);
const ADDRESS_LIMIT = 1n << 32n;
const REGION_SIZE = 1n << 30n;
export const RUNNING = 0, HALTED = 1, FAULTED = 2, OUT_OF_STEPS = 3;
const FAULTS = [
  "", "illegal-instruction", "breakpoint", "unknown-ecall", "output-too-long", "misaligned-jump", "fetch-fault",
  "load-fault", "store-fault", "store-to-code", "store-to-input",
];

const ZERO_PAGE = new Uint8Array(PAGE_SIZE);

// Memory that exists everywhere and is zero (MCH-010), or, with `witness`, only where pages were put (SEG-030).
export class Memory {
  constructor({ witness = false } = {}) {
    this.pages = new Map();
    this.witness = witness;
    this.touched = new Set();
  }

  page(index) {
    let page = this.pages.get(index);
    if (page === undefined) {
      check(!this.witness, "execution/witness-incomplete", "SEG-030", `page ${index} is not in the witness`);
      this.pages.set(index, (page = new Uint8Array(PAGE_SIZE)));
    }
    return page;
  }

  touch(address, size) {
    for (let index = address >> 12n; index <= (address + size - 1n) >> 12n; index++) {
      this.page(Number(index));
      this.touched.add(Number(index));
    }
  }

  read(address, size) {
    let value = 0n;
    for (let i = size - 1n; i >= 0n; i--) {
      const at = address + i;
      value = (value << 8n) | BigInt(this.page(Number(at >> 12n))[Number(at & 4095n)]);
    }
    return value;
  }

  write(address, size, value) {
    for (let i = 0n; i < size; i++) {
      const at = address + i;
      this.page(Number(at >> 12n))[Number(at & 4095n)] = Number((value >> (8n * i)) & 255n);
    }
  }

  put(address, bytes) {
    bytes.forEach((byte, i) => this.write(address + BigInt(i), 1n, BigInt(byte)));
  }

  get(address, length) {
    return Uint8Array.from({ length }, (_, i) => Number(this.read(address + BigInt(i), 1n)));
  }

  takeTouched() {
    const pages = [...this.touched].sort((one, other) => one - other);
    this.touched.clear();
    return pages;
  }
}

export function newState({ pc = 0n, registers = new BigUint64Array(32), steps = 0n, status = RUNNING, code = 0n } = {}) {
  return { pc, registers, steps, status, code };
}

export function entryState(context) { // MCH-025
  const state = newState({ pc: context.entry });
  state.registers[10] = INPUT_BASE;
  state.registers[11] = context.inputLength;
  return state;
}

export function statePreimage(contextHash, state, memoryRoot) { // MCH-022
  const words = [...state.registers.subarray(1)].map(le64);
  const status = Uint8Array.of(state.status);
  return concat(contextHash, status, le64(state.code), le64(state.pc), ...words, le64(state.steps), memoryRoot);
}

export const stateHash = (contextHash, state, memoryRoot) => digest("state", statePreimage(contextHash, state, memoryRoot));

// Decoding (MCH-040 to MCH-043)

const spec = new URL("../../../spec/decode-table.json", import.meta.url);
const TABLE = JSON.parse(readFileSync(spec, "utf8")).map((row) => ({
  ...row,
  mask: Number(row.mask),
  match: Number(row.match),
}));

const bits = (word, high, low) => (word >>> low) & (2 ** (high - low + 1) - 1);
const signed = (value, width) => BigInt.asIntN(width, BigInt(value));

const IMMEDIATES = {
  R: () => 0n,
  none: () => 0n,
  I: (word) => signed(bits(word, 31, 20), 12),
  "I-shift64": (word) => BigInt(bits(word, 25, 20)),
  "I-shift32": (word) => BigInt(bits(word, 24, 20)),
  S: (word) => signed((bits(word, 31, 25) << 5) | bits(word, 11, 7), 12),
  B: (word) =>
    signed((bits(word, 31, 31) << 12) | (bits(word, 7, 7) << 11) | (bits(word, 30, 25) << 5) | (bits(word, 11, 8) << 1), 13),
  U: (word) => signed((word & 0xfffff000) >>> 0, 32),
  J: (word) =>
    signed(
      (bits(word, 31, 31) << 20) | (bits(word, 19, 12) << 12) | (bits(word, 20, 20) << 11) | (bits(word, 30, 21) << 1),
      21,
    ),
};
const OPERANDS = {
  R: ["rd", "rs1", "rs2"], I: ["rd", "rs1", "immediate"], "I-shift64": ["rd", "rs1", "immediate"],
  "I-shift32": ["rd", "rs1", "immediate"], S: ["rs1", "rs2", "immediate"], B: ["rs1", "rs2", "immediate"],
  U: ["rd", "immediate"], J: ["rd", "immediate"], none: [],
};

export function decode(word) {
  const row = TABLE.find(({ mask, match }) => (word & mask) >>> 0 === match >>> 0);
  if (row === undefined) return undefined;
  const { mnemonic: name, format } = row;
  const immediate = IMMEDIATES[format](word);
  return { name, format, rd: bits(word, 11, 7), rs1: bits(word, 19, 15), rs2: bits(word, 24, 20), immediate };
}

const decoded = new Map();
function decodeOnce(word) {
  if (!decoded.has(word)) decoded.set(word, decode(word));
  return decoded.get(word);
}

// What each instruction computes: a = x[rs1], b = x[rs2], i = immediate; results are taken modulo 2^64 (MCH-100).

const s = (value) => BigInt.asIntN(64, value);
const s32 = (value) => BigInt.asIntN(32, value);
const u32 = (value) => BigInt.asUintN(32, value);
const u = (value) => BigInt.asUintN(64, value);
const bit = (holds) => (holds ? 1n : 0n);
const k6 = (b) => b & 63n;
const k5 = (b) => b & 31n;
// BigInt division truncates and its remainder has the dividend's sign: as in the table of divisions. The one overflow
// gives 2^63 (or 2^31), which modulo 2^64 (or sign-extended from 32 bits) is what the table says.
const divide = (n, d) => (d === 0n ? -1n : n / d);
const remainder = (n, d) => (d === 0n ? n : n % d);

const COMPUTE = {
  lui: (a, b, i) => i,
  auipc: (a, b, i, pc) => pc + i,
  addi: (a, b, i) => a + i,
  slti: (a, b, i) => bit(s(a) < i),
  sltiu: (a, b, i) => bit(a < u(i)),
  xori: (a, b, i) => a ^ u(i),
  ori: (a, b, i) => a | u(i),
  andi: (a, b, i) => a & u(i),
  slli: (a, b, i) => a << i,
  srli: (a, b, i) => a >> i,
  srai: (a, b, i) => s(a) >> i,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  sll: (a, b) => a << k6(b),
  slt: (a, b) => bit(s(a) < s(b)),
  sltu: (a, b) => bit(a < b),
  xor: (a, b) => a ^ b,
  srl: (a, b) => a >> k6(b),
  sra: (a, b) => s(a) >> k6(b),
  or: (a, b) => a | b,
  and: (a, b) => a & b,
  addiw: (a, b, i) => s32(a + i),
  slliw: (a, b, i) => s32(a << i),
  srliw: (a, b, i) => s32(u32(a) >> i),
  sraiw: (a, b, i) => s32(a) >> i,
  addw: (a, b) => s32(a + b),
  subw: (a, b) => s32(a - b),
  sllw: (a, b) => s32(a << k5(b)),
  srlw: (a, b) => s32(u32(a) >> k5(b)),
  sraw: (a, b) => s32(a) >> k5(b),
  mul: (a, b) => a * b,
  mulh: (a, b) => (s(a) * s(b)) >> 64n,
  mulhsu: (a, b) => (s(a) * b) >> 64n,
  mulhu: (a, b) => (a * b) >> 64n,
  div: (a, b) => divide(s(a), s(b)),
  divu: (a, b) => divide(a, b),
  rem: (a, b) => remainder(s(a), s(b)),
  remu: (a, b) => remainder(a, b),
  mulw: (a, b) => s32(a * b),
  divw: (a, b) => s32(divide(s32(a), s32(b))),
  divuw: (a, b) => s32(divide(u32(a), u32(b))),
  remw: (a, b) => s32(remainder(s32(a), s32(b))),
  remuw: (a, b) => s32(remainder(u32(a), u32(b))),
};
const BRANCHES = {
  beq: (a, b) => a === b,
  bne: (a, b) => a !== b,
  blt: (a, b) => s(a) < s(b),
  bge: (a, b) => s(a) >= s(b),
  bltu: (a, b) => a < b,
  bgeu: (a, b) => a >= b,
};
const LOADS = {
  lb: [1n, true], lh: [2n, true], lw: [4n, true], ld: [8n, false], lbu: [1n, false], lhu: [2n, false], lwu: [4n, false],
};
const STORES = { sb: 1n, sh: 2n, sw: 4n, sd: 8n };

// The step function (MCH-030 to MCH-034): changes `state` and `memory` in place.
export function step(context, state, memory) {
  if (state.status !== RUNNING) return; // MCH-024
  const fault = execute(context, state, memory);
  state.steps += 1n; // MCH-031
  if (fault) {
    state.status = FAULTED;
    state.code = BigInt(FAULTS.indexOf(fault));
  } else if (state.status === RUNNING && state.steps === context.maxSteps) state.status = OUT_OF_STEPS; // MCH-033
}

// One instruction; returns the name of the fault, with nothing changed, or nothing.
function execute(context, state, memory) {
  const { pc, registers } = state;
  if (pc % 4n !== 0n || pc < context.codeFirst * 4096n || pc >= context.codeEnd * 4096n) return "fetch-fault"; // MCH-045
  memory.touch(pc, 4n);
  const instruction = decodeOnce(Number(memory.read(pc, 4n)));
  if (instruction === undefined) return "illegal-instruction"; // MCH-043
  const { name, rd, rs1, rs2, immediate } = instruction;
  const a = registers[rs1];
  const b = registers[rs2];
  let next = u(pc + 4n);
  let result;
  if (name in COMPUTE) result = COMPUTE[name](a, b, immediate, pc);
  else if (name in BRANCHES) {
    if (BRANCHES[name](a, b)) {
      next = u(pc + immediate);
      if (next % 4n !== 0n) return "misaligned-jump"; // MCH-091
    }
  } else if (name === "jal" || name === "jalr") {
    result = next;
    next = name === "jal" ? u(pc + immediate) : u(a + immediate) & ~1n;
    if (next % 4n !== 0n) return "misaligned-jump";
  } else if (name in LOADS) {
    const [size, extends_] = LOADS[name];
    const address = u(a + immediate); // MCH-050
    if (address + size > ADDRESS_LIMIT) return "load-fault"; // MCH-051
    memory.touch(address, size);
    result = memory.read(address, size);
    if (extends_) result = BigInt.asIntN(8 * Number(size), result);
  } else if (name in STORES) {
    const size = STORES[name];
    const address = u(a + immediate);
    const last = address + size - 1n;
    if (last >= ADDRESS_LIMIT) return "store-fault"; // MCH-053
    if (last >= context.codeFirst * 4096n && address < context.codeEnd * 4096n) return "store-to-code";
    if (last >= INPUT_BASE && address < OUTPUT_BASE) return "store-to-input";
    memory.touch(address, size);
    memory.write(address, size, b);
  } else if (name === "ebreak") return "breakpoint";
  else if (name === "ecall") {
    const call = registers[17];
    if (call === 93n) {
      if (registers[11] > REGION_SIZE) return "output-too-long"; // MCH-061
      state.status = HALTED; // MCH-060
      state.code = registers[10];
      return undefined;
    }
    if (call !== 64n) return "unknown-ecall"; // MCH-063
    registers[10] = registers[12]; // MCH-062
  } // What is left is `fence`, which does nothing.
  if (result !== undefined && rd !== 0) registers[rd] = u(result);
  state.pc = next;
  return undefined;
}

export function run(context, state, memory, until) {
  while (state.status === RUNNING && state.steps < until) step(context, state, memory);
}

// Operations

function readState({ status, code, pc, steps, registers }) {
  const state = newState({ pc: number(pc), steps: number(steps), status: Number(status), code: number(code) });
  for (const [name, value] of Object.entries(registers)) state.registers[Number(name.slice(1))] = number(value);
  return state;
}

function spell({ status, code, pc, steps, registers }) {
  const named = [...registers].map((value, index) => [`x${index}`, value]).filter(([, value]) => value !== 0n);
  return { status, code, pc, steps, registers: Object.fromEntries(named) };
}

function stepOperation(input) {
  const [codeFirst, codeEnd, maxSteps] = [input.code_first, input.code_end, input.max_steps].map(number);
  const context = { codeFirst, codeEnd, maxSteps };
  const memory = new Memory();
  for (const index of input.witness ?? []) memory.page(Number(index));
  memory.witness = "witness" in input;
  for (const { address, data } of input.memory) memory.put(number(address), octets(data));
  const state = readState(input.state);
  for (let i = 0n; i < number(input.count); i++) step(context, state, memory);
  const look = ({ address, length }) => ({ address, data: memory.get(number(address), Number(length)) });
  return { state: spell(state), memory: input.look.map(look), touched: memory.takeTouched() };
}

export function contextItem(context) {
  return new Map([
    [0n, "rv64im"], [1n, 1n], [2n, context.entry], [3n, context.codeFirst], [4n, context.codeEnd], [5n, context.imageRoot],
    [6n, context.inputLength], [7n, context.inputRoot], [8n, context.maxSteps], [9n, context.segmentLog2],
  ]);
}

function runOperation(input) {
  const memory = new Memory();
  for (const { address, data } of input.image) memory.put(number(address), octets(data));
  memory.put(INPUT_BASE, octets(input.input));
  const tree = () => memoryTree(memory.pages);
  const initial = tree();
  const context = {
    entry: number(input.entry), codeFirst: number(input.code_first), codeEnd: number(input.code_end),
    imageRoot: initial.node(19, 0), inputLength: BigInt(octets(input.input).length), inputRoot: initial.node(18, 2),
    maxSteps: number(input.max_steps), segmentLog2: number(input.segment_log2),
  };
  const encoded = encode(contextItem(context));
  const contextHash = digest("context", encoded);
  const state = entryState(context);
  const leaves = [stateHash(contextHash, state, initial.root)];
  const touched = [];
  const initialRoot = joinRegions(context.imageRoot, context.inputRoot, zeroRoots()[18]);
  let final = initial;
  while (state.status === RUNNING) {
    run(context, state, memory, state.steps + (1n << context.segmentLog2));
    final = tree();
    leaves.push(stateHash(contextHash, state, final.root));
    touched.push(memory.takeTouched());
  }
  const length = state.status === HALTED ? Number(state.registers[11]) : 0;
  return {
    context: encoded, context_hash: contextHash, initial_root: initialRoot, leaves, touched, state: spell(state),
    memory_root: final.root, output: memory.get(OUTPUT_BASE, length), output_root: final.node(18, 3),
  };
}

export const operations = {
  "machine.decode": ({ word }) => {
    const instruction = decode(Buffer.from(word, "hex").readUInt32LE());
    if (instruction === undefined) return { legal: false };
    const operands = OPERANDS[instruction.format].map((name) => [name, u(BigInt(instruction[name]))]);
    return { legal: true, mnemonic: instruction.name, ...Object.fromEntries(operands) };
  },
  "machine.step": stepOperation,
  "machine.state-hash": ({ context_hash, state, memory_root }) => {
    const preimage = statePreimage(octets(context_hash), readState(state), octets(memory_root));
    return { preimage, hash: digest("state", preimage) };
  },
  "machine.run": runOperation,
};
