// Shapes of objects: the rules of ENC-030 to ENC-033, over what spec/tracework.cddl says. A shape reads a decoded item.

import { check } from "./errors.mjs";
import { decode } from "./encoding.mjs";
import { ascii } from "./values.mjs";

const UINT_MAX = (1n << 64n) - 1n;
const fits = (length, least, most) => check(length >= least && length <= most, "schema/wrong-length", "ENC-030");

export const uint = (least = 0n, most = UINT_MAX) => ({
  read(item) {
    check(typeof item === "bigint", "schema/wrong-type", "ENC-030");
    check(item >= least && item <= most, "schema/out-of-range", "ENC-030");
    return item;
  },
});

export const bytes = (least = 0, most = least) => ({
  read(item) {
    check(item instanceof Uint8Array, "schema/wrong-type", "ENC-030");
    fits(item.length, least, most);
    return item;
  },
});

export const text = (least, most, form) => ({
  read(item) {
    check(typeof item === "string", "schema/wrong-type", "ENC-030");
    fits(ascii(item).length, least, most);
    check(form.test(item), "schema/bad-form", "ENC-030");
    return item;
  },
});

const amountOf = (least) => ({
  read(item) {
    bytes(least, 12).read(item);
    check(item.length === 0 || item[0] !== 0, "schema/bad-form", "ENC-031");
    return item.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  },
});

export const amount = amountOf(0);
export const positiveAmount = amountOf(1);

export const array = (shape, least, most) => ({
  read(item) {
    check(Array.isArray(item), "schema/wrong-type", "ENC-030");
    fits(item.length, least, most);
    return item.map((element) => shape.read(element));
  },
  semantics: (elements) => elements.forEach((element) => shape.semantics?.(element)),
});

// Fields: [key, name, shape, optional?], ascending. `kind` makes it an object that travels; `holds` are the semantic
// checks of the whole, which run after those of its fields (ENC-033). What was read keeps its item as `item`.
export const record = (fields, { kind, holds } = {}) => ({
  kind,
  read(item) {
    check(item instanceof Map, "schema/wrong-type", "ENC-030");
    if (kind !== undefined) {
      check(item.has(0n), "schema/missing-field", "ENC-030");
      check(item.get(0n) === kind, "schema/unknown-kind", "ENC-030");
      check(item.has(1n), "schema/missing-field", "ENC-030");
      check(item.get(1n) === 1n, "schema/unsupported-version", "ENC-030");
    }
    const known = new Set([...(kind === undefined ? [] : [0, 1]), ...fields.map(([key]) => key)]);
    for (const key of item.keys()) check(known.has(Number(key)), "schema/unknown-field", "ENC-030");
    for (const [key, , , optional] of fields) check(optional || item.has(BigInt(key)), "schema/missing-field", "ENC-030");
    const made = { item };
    for (const [key, name, shape] of fields) if (item.has(BigInt(key))) made[name] = shape.read(item.get(BigInt(key)));
    return made;
  },
  semantics(made) {
    for (const [, name, shape] of fields) if (name in made) shape.semantics?.(made[name]);
    holds?.(made);
  },
});

export function readObject(shape, data) {
  const made = shape.read(decode(data).item);
  shape.semantics(made);
  return made;
}

// One of several kinds of objects: the one that the file names at key 0, otherwise the first.
export function readOneOf(shapes, data) {
  const { item } = decode(data);
  const kind = item instanceof Map ? item.get(0n) : undefined;
  const shape = shapes.find((one) => one.kind === kind) ?? shapes[0];
  const made = shape.read(item);
  shape.semantics(made);
  return { ...made, kind: shape.kind };
}
