// Epochs: the file, its records, and what of them is set aside (spec/settlement.md, "Epoch", "What is set aside").

import { check } from "./errors.mjs";
import { encode } from "./encoding.mjs";
import { digest, networkId, signedId } from "./hashing.mjs";
import { digestField, name } from "./objects.mjs";
import { PARAMETERS, parametersHash } from "./rewards.mjs";
import { array, bytes, readObject, record, uint } from "./schema.mjs";
import { concat, equal, hex } from "./values.mjs";

const MAX_ACCOUNTS = 1n << 17n;
const MAX_RECORDS = 1n << 22n;
export const [ACCOUNT, UNIT, BENEFICIARY, CLAIM, VERDICT, CHECK, REFUTATION, SILENCE, EQUIVOCATION] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

// Fields: name, bytes, and a range; a range of null is bytes, "account" a position.
const FIELDS = {
  1: [["key", 48, null], ["address", 20, null], ["stake", 12], ["reputation", 4]],
  2: [
    ["id", 32, null], ["requester", 4, "account"], ["price", 8], ["escrow", 12], ["deadline", 8], ["places", 1, [1n, 64n]],
    ["ways", 1, [0n, 15n]], ["audits", 8], ["attestations", 8], ["eligible", 1, [0n, 1n]],
  ],
  3: [["unit", 32, null], ["address", 20, null], ["share", 2, [1n, 10000n]]],
  4: [
    ["id", 32, null], ["unit", 32, null], ["worker", 4, "account"], ["steps", 8, [0n, 1n << 44n]], ["slot", 8],
    ["status", 1, [0n, 3n]], ["assigned", 1, [0n, 2n]],
  ],
  5: [["claim", 32, null], ["way", 1, [1n, 4n]], ["outcome", 1, [1n, 2n]], ["evidence", 32, null]],
  6: [
    ["claim", 32, null], ["kind", 1, [1n, 2n]], ["checker", 4, "account"], ["part", 8, [1n, (1n << 64n) - 1n]],
    ["proven", 1, [0n, 1n]], ["evidence", 32, null],
  ],
  7: [["claim", 32, null], ["slot", 8], ["prover", 4, "account"], ["evidence", 32, null]],
  8: [["unit", 32, null], ["worker", 4, "account"], ["kind", 1, [1n, 2n]], ["evidence", 32, null]],
  9: [["unit", 32, null], ["account", 4, "account"], ["evidence", 32, null]],
};
export const TYPES = Object.keys(FIELDS).map(Number);
const widthOf = (type) => FIELDS[type].reduce((width, [, size]) => width + size, 0);

const RECORD_SET = record([[0, "count", uint(0n, 4194304n)], [1, "hash", digestField]]);

const MANIFEST = record(
  [
    [2, "network", name], [3, "number", uint()], [4, "first", uint()], [5, "last", uint()], [6, "rule", digestField],
    [7, "treasury", bytes(20)], [8, "sets", array(RECORD_SET, 9, 9)],
  ],
  {
    kind: "tracework/epoch",
    holds({ first, last, sets }) {
      check(first <= last, "semantic/slot-order", "STL-002");
      const all = sets.reduce((total, { count }) => total + count, 0n);
      check(sets[0].count <= MAX_ACCOUNTS && all <= MAX_RECORDS, "semantic/too-many-records", "STL-007");
    },
  },
);

const RECORDS = record([[2, "type", uint(1n, 9n)], [3, "packed", bytes(0, 33554432)]], { kind: "tracework/records" });

const hashOf = ({ network, item }) => signedId("epoch", network, encode(item)); // STL-002

// The byte strings of a file, one after the other (STL-008).
function* byteStrings(file) {
  let at = 0;
  while (at < file.length) {
    const initial = file[at];
    check(initial >> 5 === 2 && (initial & 31) < 28, "decode/forbidden-type", "STL-008");
    const info = initial & 31;
    const size = info < 24 ? 0 : 1 << (info - 24);
    check(at + 1 + size <= file.length, "decode/truncated", "STL-008");
    let length = info < 24 ? BigInt(info) : 0n;
    for (let i = 0; i < size; i++) length = (length << 8n) | BigInt(file[at + 1 + i]);
    check(size === 0 || length >= (size === 1 ? 24n : 1n << BigInt(size * 4)), "decode/non-minimal", "STL-008");
    at += 1 + size;
    check(length <= BigInt(file.length - at), "decode/truncated", "STL-008");
    yield file.subarray(at, at + Number(length));
    at += Number(length);
  }
}

function unpack(type, packed) {
  const read = { type };
  let at = 0;
  for (const [field, size, range] of FIELDS[type]) {
    const part = packed.subarray(at, at + size);
    read[field] = range === null ? hex(part) : part.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
    at += size;
  }
  return read;
}

// Count and hash of each set of packed records, which are ascending (STL-003).
function setsOf(network, packed) {
  return packed.map((one, at) => {
    const hash = digest("records", concat(networkId(network), Uint8Array.of(at + 1), ...one));
    return { count: BigInt(one.length), hash };
  });
}

// The manifest of an epoch of these records, and its hash.
export function makeManifest({ network, number, first, last, parameters, treasury }, packed) {
  const ordered = packed.map((one) => [...one].sort(Buffer.compare));
  const sets = setsOf(network, ordered).map(({ count, hash }) => new Map([[0n, count], [1n, hash]]));
  const fields = [MANIFEST.kind, 1n, network, number, first, last, parametersHash(network, parameters), treasury, sets];
  const item = new Map(fields.map((field, key) => [BigInt(key), field]));
  return { item, hash: hashOf({ network, item }) };
}

// An epoch: its manifest, parameters, and the records of each type, different ones in ascending order.
export function readEpoch(file) {
  const [first, second, ...pages] = byteStrings(file);
  check(first !== undefined, "decode/truncated", "STL-008");
  const manifest = readObject(MANIFEST, first);
  check(second !== undefined, "decode/truncated", "STL-008");
  const parameters = readObject(PARAMETERS, second);
  const packed = Object.fromEntries(TYPES.map((type) => [type, new Map()]));
  let count = 0n;
  for (const page of pages) {
    const { type, packed: content } = readObject(RECORDS, page);
    const width = widthOf(type);
    check(content.length % width === 0, "schema/wrong-length", "STL-004");
    for (let at = 0; at < content.length; at += width) {
      const one = content.subarray(at, at + width);
      packed[type].set(hex(one), one);
      count += 1n;
      check(count <= 2n * MAX_RECORDS, "semantic/too-many-records", "STL-007");
    }
  }
  const sorted = TYPES.map((type) => [...packed[type].keys()].sort().map((key) => packed[type].get(key)));
  const records = [undefined, ...TYPES.map((type) => sorted[type - 1].map((one) => unpack(type, one)))];
  for (const type of TYPES) { // STL-005
    for (const [field, , range] of FIELDS[type].filter(([, , range_]) => Array.isArray(range_))) {
      for (const one of records[type]) check(one[field] >= range[0] && one[field] <= range[1], "schema/out-of-range", "STL-005");
    }
  }
  const accounts = records[ACCOUNT];
  check(new Set(accounts.map(({ key }) => key)).size === accounts.length, "semantic/account-order", "STL-010");
  for (const type of TYPES) { // STL-006
    for (const [field] of FIELDS[type].filter(([, , range]) => range === "account")) {
      for (const one of records[type]) check(one[field] < BigInt(accounts.length), "semantic/unknown-account", "STL-006");
    }
  }
  const sets = setsOf(manifest.network, sorted);
  const right = sets.every(({ count: of, hash }, at) => of === manifest.sets[at].count && equal(hash, manifest.sets[at].hash));
  check(right, "crypto/records-mismatch", "STL-009");
  const named = equal(parametersHash(manifest.network, parameters), manifest.rule);
  check(named, "crypto/parameters-mismatch", "STL-009");
  return { manifest, hash: hashOf(manifest), parameters, records, sets, packed: sorted };
}

export function groups(items, keyOf) {
  const made = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!made.has(key)) made.set(key, []);
    made.get(key).push(item);
  }
  return made;
}

const REASONS = {
  "unit-contradiction": 1n, "unit-not-due": 2n, "without-unit": 3n, "beneficiary-contradiction": 4n, "shares-exceed": 5n,
  "claim-contradiction": 6n, "second-claim": 7n, "not-assigned": 8n, "without-claim": 9n, "way-not-asked": 10n,
  "verdict-contradiction": 11n, "check-contradiction": 12n, "not-proven": 13n, "own-check": 14n, late: 15n, equivocated: 16n,
};

// What counts, and what is set aside. Named claims (STL-028) count for their checks and refutations alone.
export function sift({ manifest, records }) {
  const aside = [];
  const without = (list, reasonOf) =>
    list.filter((one) => {
      const reason = reasonOf(one);
      if (reason) aside.push({ type: BigInt(one.type), position: one.position, reason: REASONS[reason] });
      return !reason;
    });
  for (const list of records.slice(1)) list.forEach((one, position) => (one.position = BigInt(position)));
  const byUnitId = groups(records[UNIT], ({ id }) => id);
  const units = without(records[UNIT], ({ id, deadline }) => { // STL-021, STL-022
    if (byUnitId.get(id).length > 1) return "unit-contradiction";
    return deadline >= manifest.first && deadline <= manifest.last ? undefined : "unit-not-due";
  });
  const unitOf = new Map(units.map((unit) => [unit.id, unit]));
  const withUnit = (list) => without(list, ({ unit }) => (unitOf.has(unit) ? undefined : "without-unit")); // STL-025
  let beneficiaries = withUnit(records[BENEFICIARY]);
  const payees = groups(beneficiaries, ({ unit, address }) => unit + address);
  beneficiaries = without(beneficiaries, ({ unit, address }) => // STL-023
    payees.get(unit + address).length > 1 ? "beneficiary-contradiction" : undefined,
  );
  const shares = groups(beneficiaries, ({ unit }) => unit);
  const total = (list) => list.reduce((sum_, { share }) => sum_ + share, 0n);
  beneficiaries = without(beneficiaries, ({ unit }) => (total(shares.get(unit)) > 10000n ? "shares-exceed" : undefined));
  const silences = withUnit(records[SILENCE]);
  const equivocations = withUnit(records[EQUIVOCATION]);
  const convicted = new Set(equivocations.map(({ unit, account }) => `${unit} ${account}`));

  const byClaimId = groups(records[CLAIM], ({ id }) => id);
  let claims = withUnit(records[CLAIM]);
  claims = without(claims, ({ id }) => (byClaimId.get(id).length > 1 ? "claim-contradiction" : undefined)); // STL-026
  claims = without(claims, ({ assigned }) => (assigned === 0n ? "not-assigned" : undefined)); // STL-027
  const ofWorker = groups(claims, ({ unit, worker }) => `${unit} ${worker}`);
  const sole = without(claims, ({ unit, worker }) => { // STL-028
    if (ofWorker.get(`${unit} ${worker}`).length > 1) return "second-claim";
    return convicted.has(`${unit} ${worker}`) ? "equivocated" : undefined;
  });
  for (const claim of claims) claim.named = true;
  for (const claim of sole) claim.named = false;
  const claimOf = new Map(claims.map((claim) => [claim.id, claim]));
  const withClaim = (list) => without(list, ({ claim }) => (claimOf.has(claim) ? undefined : "without-claim")); // STL-029
  const unitOfClaim = (id) => unitOf.get(claimOf.get(id).unit);

  let verdicts = withClaim(records[VERDICT]);
  verdicts = without(verdicts, ({ claim, way }) => { // STL-030
    const asked = way === 1n || (unitOfClaim(claim).ways >> (way - 1n)) & 1n;
    return asked ? undefined : "way-not-asked";
  });
  const byWay = groups(verdicts, ({ claim, way }) => `${claim} ${way}`);
  verdicts = without(verdicts, ({ claim, way }) => {
    const outcomes = new Set(byWay.get(`${claim} ${way}`).map(({ outcome }) => outcome));
    return outcomes.size > 1 ? "verdict-contradiction" : undefined;
  });
  const refutations = without(withClaim(records[REFUTATION]), ({ claim, slot }) => // STL-032
    slot > unitOfClaim(claim).deadline ? "late" : undefined,
  );
  const together = ({ claim, kind, checker }) => `${claim} ${kind} ${checker}`;
  const present = withClaim(records[CHECK]);
  const alike = groups(present, together);
  const checks = without(present, (one) => { // STL-034
    const { claim, kind, checker } = one;
    const unit = unitOfClaim(claim);
    const group = alike.get(together(one));
    if ((kind === 1n ? unit.audits : unit.attestations) === 0n) return "way-not-asked";
    if (checker === claimOf.get(claim).worker) return "own-check";
    if (convicted.has(`${unit.id} ${checker}`)) return "equivocated";
    if (group.some(({ part, proven }) => part !== group[0].part || proven !== group[0].proven)) return "check-contradiction";
    return group[0].proven ? undefined : "not-proven";
  });
  const counted = [...groups(checks, together).values()].map(([one]) => one);
  return { units, unitOf, beneficiaries, silences, equivocations, claims, verdicts, refutations, checks: counted, aside };
}
