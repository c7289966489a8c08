// Values of vectors: decimal strings are BigInts, hex and recipes are Uint8Arrays (spec/vectors.md, VEC-010 to VEC-012).

export const number = (text) => {
  if (!/^(0|[1-9][0-9]*)$/.test(text)) throw new Error(`not a decimal string: ${text}`);
  return BigInt(text);
};

export const hex = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");

export function octets(value) {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") {
    if (!/^([0-9a-f]{2})*$/.test(value)) throw new Error("not lowercase hex");
    return new Uint8Array(Buffer.from(value, "hex"));
  }
  if ("mod251" in value) return Uint8Array.from({ length: Number(value.mod251) }, (_, i) => i % 251);
  if ("concat" in value) return concat(...value.concat.map(octets));
  const unit = octets(value.repeat);
  const times = Number(value.times);
  const made = new Uint8Array(unit.length * times);
  if (unit.length === 1) return made.fill(unit[0]);
  for (let i = 0; i < times; i++) made.set(unit, i * unit.length);
  return made;
}

export function concat(...parts) {
  const made = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}

export const equal = (one, other) => Buffer.compare(one, other) === 0;

// BigInts as decimal strings, bytes as hex, all the way down.
export function render(value) {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return BigInt(value).toString();
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(render);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, render(item)]));
  }
  return value;
}

export function le64(value) {
  const made = new Uint8Array(8);
  new DataView(made.buffer).setBigUint64(0, BigInt(value), true);
  return made;
}

export const ascii = (text) => new TextEncoder().encode(text);
