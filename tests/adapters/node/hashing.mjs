// Hash suite 1: BLAKE3 in keyed mode, one key a domain (spec/hashing.md).

import { blake3 } from "@noble/hashes/blake3.js";
import { ascii, concat, octets } from "./values.mjs";

const CONTEXT_PREFIX = "tracework 2026-11 v1 ";
const keys = new Map();

export function domainKey(domain) {
  if (!keys.has(domain)) keys.set(domain, blake3(new Uint8Array(0), { context: ascii(CONTEXT_PREFIX + domain) }));
  return keys.get(domain);
}

export const digest = (domain, data) => blake3(data, { key: domainKey(domain) });

export const networkId = (name) => digest("network", ascii(name));

export const signedId = (domain, network, body) => digest(domain, concat(networkId(network), body)); // HSH-006

export const operations = {
  "hashing.domain-key": ({ domain }) => ({ context: CONTEXT_PREFIX + domain, key: domainKey(domain) }),
  "hashing.digest": ({ domain, data }) => ({ digest: digest(domain, octets(data)) }),
  "hashing.network-id": ({ network }) => ({ id: networkId(network) }),
  "hashing.signed-id": ({ domain, network, body }) => ({
    preimage: concat(networkId(network), octets(body)),
    id: signedId(domain, network, octets(body)),
  }),
};
