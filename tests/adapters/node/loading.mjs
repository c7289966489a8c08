// Program files and inputs (spec/loading.md).

import { check } from "./errors.mjs";
import { programId } from "./objects.mjs";
import { PAGE_SIZE, hashPage, memoryTree } from "./trees.mjs";
import { octets } from "./values.mjs";

const MAX_PROGRAM_BYTES = 1 << 26;
const IMAGE_LIMIT = 1n << 31n;
const REGION_SIZE = 1 << 30;

// The checks in the order of their ids; offsets are those of the two tables of fields.
export function loadProgram(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const half = (at) => view.getUint16(at, true);
  const word = (at) => view.getUint32(at, true);
  const long = (at) => view.getBigUint64(at, true);
  const size = BigInt(file.length);
  const must = (holds, code, requirement) => check(holds, code, `LOD-${String(requirement).padStart(3, "0")}`);

  must(file.length <= MAX_PROGRAM_BYTES, "decode/too-large", 1);
  must([0x7f, 0x45, 0x4c, 0x46].every((byte, at) => file[at] === byte), "decode/not-elf", 2);
  must(file.length >= 64, "decode/truncated", 3);
  must(file[4] === 2, "decode/elf-class", 4);
  must(file[5] === 1, "decode/elf-byte-order", 5);
  must(file[6] === 1 && word(20) === 1, "decode/elf-version", 6);
  const count = half(56);
  const headersAt = long(32);
  must(count <= 64, "decode/elf-program-headers", 7);
  must(count === 0 || half(54) === 56, "decode/elf-program-headers", 8);
  must(count === 0 || size >= headersAt + BigInt(count) * 56n, "decode/truncated", 9);
  const headers = Array.from({ length: count }, (_, i) => {
    const at = Number(headersAt) + 56 * i;
    const flags = word(at + 4);
    return {
      type: word(at), executable: (flags & 1) !== 0, writable: (flags & 2) !== 0, offset: long(at + 8),
      address: long(at + 16), fileSize: long(at + 32), memorySize: long(at + 40),
    };
  });
  const load = headers.filter(({ type }) => type === 1);
  must(load.every(({ offset, fileSize }) => fileSize === 0n || offset + fileSize <= size), "decode/truncated", 10);
  must(half(18) === 243, "schema/elf-machine", 20);
  must(half(16) === 2, "schema/elf-type", 21);
  const flags = word(48);
  must((flags & 1) === 0, "schema/elf-compressed", 22);
  must((flags & 6) === 0, "schema/elf-float-abi", 23);
  must(flags === 0, "schema/elf-flags", 24);
  must(!headers.some(({ type }) => type === 2 || type === 3), "schema/elf-dynamic", 25);
  must(load.every(({ fileSize, memorySize }) => fileSize <= memorySize), "semantic/elf-segment-size", 30);
  const present = load.filter(({ memorySize }) => memorySize !== 0n);
  const end = ({ address, memorySize }) => address + memorySize;
  must(present.every((segment) => end(segment) <= IMAGE_LIMIT), "semantic/elf-segment-range", 31);
  const total = load.reduce((sum, { fileSize }) => sum + fileSize, 0n);
  must(total <= BigInt(MAX_PROGRAM_BYTES), "semantic/elf-image-too-large", 32);
  const apart = (one, other) => one === other || end(one) <= other.address || end(other) <= one.address;
  must(present.every((one) => present.every((other) => apart(one, other))), "semantic/elf-segment-overlap", 33);
  must(!present.some(({ writable, executable }) => writable && executable), "semantic/elf-writable-code", 34);
  const code = present.filter(({ executable }) => executable);
  must(code.length >= 1, "semantic/elf-no-code", 35);
  must(code.length <= 1, "semantic/elf-second-code", 36);
  const codeFirst = code[0].address >> 12n;
  const codeEnd = ((end(code[0]) - 1n) >> 12n) + 1n;
  const onCode = (segment) => (end(segment) - 1n) >> 12n >= codeFirst && segment.address >> 12n < codeEnd;
  must(!present.some((segment) => segment.writable && onCode(segment)), "semantic/elf-code-page-shared", 37);
  const entry = long(24);
  must(entry % 4n === 0n, "semantic/elf-entry-misaligned", 38);
  must(entry >= code[0].address && entry < end(code[0]), "semantic/elf-entry-outside", 39);

  const pages = new Map(); // LOD-040
  for (const { offset, address, fileSize } of present) {
    put(pages, Number(address), file.subarray(Number(offset), Number(offset + fileSize)));
  }
  dropZeros(pages);
  const imageRoot = memoryTree(pages, 19).root;
  return { entry, codeFirst, codeEnd, pages, imageRoot };
}

function put(pages, address, content) {
  for (let taken = 0; taken < content.length; ) {
    const page = Math.floor((address + taken) / PAGE_SIZE);
    const inside = (address + taken) % PAGE_SIZE;
    const part = content.subarray(taken, taken + PAGE_SIZE - inside);
    if (!pages.has(page)) pages.set(page, new Uint8Array(PAGE_SIZE));
    pages.get(page).set(part, inside);
    taken += part.length;
  }
}

function dropZeros(pages) {
  for (const [page, content] of pages) if (content.every((byte) => byte === 0)) pages.delete(page);
}

function loadInput(data) {
  check(data.length <= REGION_SIZE, "semantic/region-too-long", "LOD-050");
  const pages = new Map();
  put(pages, 0, data); // LOD-051: leaf 0 is the region's first page.
  return { length: data.length, pages, root: memoryTree(pages, 18).root };
}

const listed = (pages, first = 0) =>
  [...pages]
    .sort(([one], [other]) => one - other)
    .map(([page, content]) => ({ number: first + page, digest: hashPage(content) }));

export const operations = {
  "loading.program": ({ file }) => {
    const program = loadProgram(octets(file));
    const { entry, codeFirst, codeEnd, pages, imageRoot } = program;
    const id = programId(program);
    return { entry, code_first: codeFirst, code_end: codeEnd, pages: listed(pages), image_root: imageRoot, id };
  },
  "loading.input": ({ data }) => {
    const { length, pages, root } = loadInput(octets(data));
    return { length, pages: listed(pages, 1 << 19), root };
  },
};
