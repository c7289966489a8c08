// Public randomness (spec/beacon.md).

import { bls12_381 } from "@noble/curves/bls12-381.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { check } from "./errors.mjs";
import { point } from "./keys.mjs";
import { bytes, readObject, record, text, uint } from "./schema.mjs";
import { le64, octets } from "./values.mjs";

const { G1, G2, shortSignatures } = bls12_381;
const QUICKNET_KEY =
  "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17" +
  "e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a";
const QUICKNET_TAG = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";

export const BEACON = record(
  [
    [2, "source", text(0, Infinity, /^(drand-quicknet|supplied)$/)], [3, "round", uint(1n)], [4, "signature", bytes(48), true],
    [5, "randomness", bytes(32), true],
  ],
  {
    kind: "tracework/beacon",
    holds({ source, signature, randomness }) {
      const quicknet = source === "drand-quicknet";
      const right = (signature !== undefined) === quicknet && (randomness !== undefined) === !quicknet;
      check(right, "semantic/beacon-form", "BCN-002");
    },
  },
);

export function checkBeacon({ source, round, signature, randomness }) {
  if (source === "supplied") return { round, output: randomness, supplied: true }; // BCN-020
  const signed = point(signature, G1, 48, "crypto/bad-signature-encoding"); // BCN-010
  const message = shortSignatures.hash(sha256(le64(round).reverse()), QUICKNET_TAG);
  const key = G2.Point.fromBytes(octets(QUICKNET_KEY));
  check(shortSignatures.verify(signed, message, key), "crypto/bad-signature", "BCN-011");
  return { round, output: sha256(signature), supplied: false }; // BCN-012
}

export const operations = { "beacon.check": ({ beacon }) => checkBeacon(readObject(BEACON, octets(beacon))) };
