// BLS keys and signatures (spec/keys.md), with the gates before the library.

import { bls12_381 } from "@noble/curves/bls12-381.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { check } from "./errors.mjs";
import { Stream } from "./draws.mjs";
import { digest } from "./hashing.mjs";
import { bytes, readObject, record } from "./schema.mjs";
import { ascii, concat, equal, hex, le64, octets } from "./values.mjs";

const bls = bls12_381.longSignatures;
const { G1, G2, fields } = bls12_381;
const R = fields.Fr.ORDER;
const P = fields.Fp.ORDER;
const SIGNATURE_TAG = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const POSSESSION_TAG = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

const toNumber = (data) => data.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
const hashTo = (data, tag) => bls.hash(data, tag);

// KEY-020 to KEY-024
export function point(data, curve, size, code) {
  check(data.length === size, code, "KEY-020");
  check((data[0] & 0x80) !== 0, code, "KEY-021");
  check((data[0] & 0x40) === 0, code, "KEY-022");
  for (let at = 0; at < size; at += 48) {
    const coordinate = Uint8Array.from(data.subarray(at, at + 48));
    if (at === 0) coordinate[0] &= 0x1f;
    check(toNumber(coordinate) < P, code, "KEY-023");
  }
  let made;
  try {
    made = curve.Point.fromBytes(data);
    made.assertValidity();
  } catch {
    check(false, code, "KEY-024");
  }
  return made;
}

const publicKey = (data) => point(data, G1, 48, "crypto/bad-public-key");
export const signaturePoint = (data) => point(data, G2, 96, "crypto/bad-signature-encoding");

function secretKey(data) {
  check(data.length === 32, "crypto/bad-secret-key", "KEY-012");
  const secret = toNumber(data);
  check(secret > 0n && secret < R, "crypto/bad-secret-key", "KEY-013");
  return secret;
}

const publicOf = (secret) => G1.Point.BASE.multiply(secret).toBytes(); // KEY-014
const possessionOf = (secret) => hashTo(publicOf(secret), POSSESSION_TAG).multiply(secret).toBytes(); // KEY-016

export const sumSignatures = (points) => sum(points, G2.Point.ZERO).toBytes();

function derive(seed) {
  check(seed.length >= 32 && seed.length <= 1024, "crypto/bad-seed", "KEY-010");
  let salt = ascii("BLS-SIG-KEYGEN-SALT-");
  for (;;) { // KEY-011
    salt = sha256(salt);
    const prk = extract(sha256, concat(seed, Uint8Array.of(0)), salt);
    const secret = toNumber(expand(sha256, prk, Uint8Array.of(0, 48), 48)) % R;
    if (secret !== 0n) return secret;
  }
}

// The same bytes give the same result (KEY-070): what was verified once needs no second pairing.
const remembered = new Map();
function remember(name, parts, verification) {
  const at = [name, ...parts.map(hex)].join(" ");
  if (!remembered.has(at)) {
    if (remembered.size > 4096) remembered.clear();
    try {
      verification();
      remembered.set(at, undefined);
    } catch (error) {
      remembered.set(at, error);
    }
  }
  const error = remembered.get(at);
  if (error) throw error;
}

export const verify = (...parts) => remember("signature", parts, () => verifySignature(...parts));
export const verifyPossession = (...parts) => remember("possession", parts, () => verifyProof(...parts));

function verifySignature(publicBytes, message, signatureBytes) { // KEY-040
  const key = publicKey(publicBytes);
  const signature = signaturePoint(signatureBytes);
  check(bls.verify(signature, hashTo(message, SIGNATURE_TAG), key), "crypto/bad-signature", "KEY-041");
}

function verifyProof(publicBytes, proofBytes) { // KEY-042
  const key = publicKey(publicBytes);
  const proof = signaturePoint(proofBytes);
  check(bls.verify(proof, hashTo(publicBytes, POSSESSION_TAG), key), "crypto/bad-proof-of-possession", "KEY-043");
}

function sum(points, zero) {
  const total = points.reduce((one, other) => one.add(other), zero);
  check(!total.equals(zero), "crypto/bad-aggregate", "KEY-053");
  return total;
}

export function verifyAggregate(publics, message, signatureBytes) { // KEY-054
  check(publics.length > 0, "crypto/empty-signer-set", "KEY-051");
  check(new Set(publics.map(hex)).size === publics.length, "crypto/duplicate-signer", "KEY-052");
  const keys = publics.map(publicKey);
  const signature = signaturePoint(signatureBytes);
  const key = sum(keys, G1.Point.ZERO);
  check(bls.verify(signature, hashTo(message, SIGNATURE_TAG), key), "crypto/bad-signature", "KEY-041");
}

// One by one gives the result that checking together has to give (KEY-080); the coefficients are what that would use.
function verifyBatch(items) {
  for (const { publics, message, signature } of items) verifyAggregate(publics, message, signature);
  const parts = ({ publics, message, signature }) => [le64(publics.length), ...publics, message, signature];
  const stream = new Stream(digest("batch", concat(...items.flatMap(parts)))); // KEY-081
  return items.map(() => 1n + stream.below((1n << 128n) - 1n)); // KEY-082
}

const SECRET_KEY_FILE = record([[2, "secret", bytes(32)], [3, "public", bytes(48)]], { kind: "tracework/secret-key" });
const IDENTITY = record([[2, "public", bytes(48)], [3, "possession", bytes(96)]], { kind: "tracework/public-key" });

const big = (secret) => octets(secret.toString(16).padStart(64, "0"));

export const operations = {
  "keys.derive": ({ seed }) => {
    const secret = derive(octets(seed));
    return { secret: big(secret), public: publicOf(secret), possession: possessionOf(secret) };
  },
  "keys.sign": ({ secret, message }) => {
    const number = secretKey(octets(secret));
    return { public: publicOf(number), signature: hashTo(octets(message), SIGNATURE_TAG).multiply(number).toBytes() };
  },
  "keys.validate": (input) => {
    publicKey(octets(input.public));
    return {};
  },
  "keys.verify": (input) => {
    verify(octets(input.public), octets(input.message), octets(input.signature));
    return {};
  },
  "keys.verify-possession": (input) => {
    verifyPossession(octets(input.public), octets(input.possession));
    return {};
  },
  "keys.aggregate": ({ signatures }) => {
    check(signatures.length > 0, "crypto/empty-signer-set", "KEY-051");
    const points = signatures.map((signature) => signaturePoint(octets(signature)));
    return { signature: sumSignatures(points) };
  },
  "keys.verify-aggregate": ({ publics, message, signature }) => {
    verifyAggregate(publics.map(octets), octets(message), octets(signature));
    return {};
  },
  "keys.verify-batch": ({ items }) => {
    const read = ({ publics, message, signature }) => {
      return { publics: publics.map(octets), message: octets(message), signature: octets(signature) };
    };
    return { coefficients: verifyBatch(items.map(read)) };
  },
  "keys.secret-key-file": ({ object }) => {
    const file = readObject(SECRET_KEY_FILE, octets(object));
    check(equal(publicOf(secretKey(file.secret)), file.public), "crypto/key-mismatch", "KEY-060");
    return { secret: file.secret, public: file.public };
  },
  "keys.identity": ({ object }) => {
    const identity = readObject(IDENTITY, octets(object));
    verifyPossession(identity.public, identity.possession);
    return { public: identity.public, possession: identity.possession };
  },
};
