// Records of an epoch as bytes (spec/settlement.md, STL-004).

import { concat, octets } from "./values.mjs";

export const big = (value, size) => octets(BigInt(value).toString(16).padStart(2 * size, "0"));

// A record's fields: bytes as they are, integers with the number of their bytes.
export const pack = (...fields) =>
  concat(...fields.map((field) => (field instanceof Uint8Array ? field : big(...field))));
