// Deterministic CBOR as spec/encoding.md narrows it. Integers are BigInts, maps are Maps with BigInt keys.

import { check } from "./errors.mjs";
import { concat, number, octets } from "./values.mjs";

const MAX_BYTES = 67108864;
const MAX_DEPTH = 16;
const MAX_ITEMS = 262144;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function decode(bytes) {
  check(bytes.length <= MAX_BYTES, "decode/too-large", "ENC-003");
  const reader = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at: 0, items: 0, deepest: 0 };
  const item = readItem(reader, 1);
  check(reader.at === bytes.length, "decode/trailing-bytes", "ENC-019");
  return { item, items: reader.items, depth: reader.deepest };
}

// The numbers are those of the steps under "To read an item at depth d" (ENC-020).
function readItem(reader, depth) {
  const { bytes } = reader;
  check(reader.at < bytes.length, "decode/truncated", "ENC-021"); // 1
  reader.items += 1;
  check(reader.items <= MAX_ITEMS, "decode/too-many-items", "ENC-005"); // 2
  check(depth <= MAX_DEPTH, "decode/too-deep", "ENC-004"); // 3
  reader.deepest = Math.max(reader.deepest, depth);
  const initial = bytes[reader.at++];
  if (initial === 0xf4 || initial === 0xf5) return initial === 0xf5; // 4
  const major = initial >> 5;
  check(major !== 1 && major !== 6 && major !== 7, "decode/forbidden-type", "ENC-011");
  const info = initial & 31;
  check(info !== 31 || major === 0, "decode/indefinite-length", "ENC-012"); // 5
  check(info < 28, "decode/reserved-info", "ENC-013");
  const argument = info < 24 ? BigInt(info) : readArgument(reader, info); // 6, 7
  const left = BigInt(bytes.length - reader.at);
  switch (major) {
    case 0: // 8
      return argument;
    case 2: // 9
    case 3: {
      check(argument <= left, "decode/truncated", "ENC-021");
      const content = bytes.subarray(reader.at, reader.at + Number(argument));
      reader.at += content.length;
      return major === 2 ? content : readText(content);
    }
    case 4: { // 10
      check(argument <= left, "decode/truncated", "ENC-021");
      const array = [];
      for (let i = 0n; i < argument; i++) array.push(readItem(reader, depth + 1));
      return array;
    }
    default: { // 11
      check(2n * argument <= left, "decode/truncated", "ENC-021");
      const map = new Map();
      let last = -1n;
      for (let i = 0n; i < argument; i++) {
        if (reader.at < bytes.length) check(bytes[reader.at] >> 5 === 0, "decode/map-key-type", "ENC-016");
        const key = readItem(reader, depth + 1);
        check(key !== last, "decode/duplicate-key", "ENC-017");
        check(key > last, "decode/unsorted-keys", "ENC-018");
        last = key;
        map.set(key, readItem(reader, depth + 1));
      }
      return map;
    }
  }
}

function readArgument(reader, info) {
  const size = 1 << (info - 24);
  check(reader.bytes.length - reader.at >= size, "decode/truncated", "ENC-021");
  let argument = 0n;
  for (let i = 0; i < size; i++) argument = (argument << 8n) | BigInt(reader.bytes[reader.at++]);
  const least = info === 24 ? 24n : 1n << BigInt(size * 4);
  check(argument >= least, "decode/non-minimal", "ENC-014");
  return argument;
}

function readText(content) {
  try {
    return UTF8.decode(content);
  } catch {
    check(false, "decode/bad-utf8", "ENC-015");
  }
}

export function encode(item) {
  const parts = [];
  write(item, parts);
  return concat(...parts);
}

function head(major, argument) {
  const bits = major << 5;
  if (argument < 24n) return Uint8Array.of(bits | Number(argument));
  const size = argument < 1n << 8n ? 1 : argument < 1n << 16n ? 2 : argument < 1n << 32n ? 4 : 8;
  const made = new Uint8Array(1 + size);
  made[0] = bits | (24 + Math.log2(size));
  for (let i = size; i > 0; i--, argument >>= 8n) made[i] = Number(argument & 255n);
  return made;
}

function write(item, parts) {
  if (typeof item === "boolean") parts.push(Uint8Array.of(item ? 0xf5 : 0xf4));
  else if (typeof item === "bigint") parts.push(head(0, item));
  else if (item instanceof Uint8Array) parts.push(head(2, BigInt(item.length)), item);
  else if (typeof item === "string") {
    const content = new TextEncoder().encode(item);
    parts.push(head(3, BigInt(content.length)), content);
  } else if (Array.isArray(item)) {
    parts.push(head(4, BigInt(item.length)));
    for (const element of item) write(element, parts);
  } else {
    parts.push(head(5, BigInt(item.size)));
    const keys = [...item.keys()].sort((one, other) => (one < other ? -1 : one > other ? 1 : 0));
    for (const key of keys) {
      parts.push(head(0, key));
      write(item.get(key), parts);
    }
  }
}

function describe(item) {
  if (typeof item === "boolean") return { bool: item };
  if (typeof item === "bigint") return { uint: item };
  if (item instanceof Uint8Array) return { bytes: item };
  if (typeof item === "string") return { text: item };
  if (Array.isArray(item)) return { array: item.map(describe) };
  return { map: [...item].map(([key, value]) => ({ key, value: describe(value) })) };
}

function build(description) {
  const [[kind, value]] = Object.entries(description);
  switch (kind) {
    case "uint":
      return number(value);
    case "bytes":
      return octets(value);
    case "array":
      return value.map(build);
    case "map":
      return new Map(value.map((pair) => [number(pair.key), build(pair.value)]));
    default:
      return value;
  }
}

export const operations = {
  "encoding.decode": ({ data }) => ({ item: describe(decode(octets(data)).item) }),
  "encoding.encode": ({ item }) => ({ data: encode(build(item)) }),
  "encoding.check": ({ data }) => {
    const { items, depth } = decode(octets(data));
    return { items, depth };
  },
};
