// The registry, and draws from it (spec/registry.md; whether a unit is replicated, spec/redundancy.md).

import { Stream } from "./draws.mjs";
import { check } from "./errors.mjs";
import { encode } from "./encoding.mjs";
import { digest, networkId, signedId } from "./hashing.mjs";
import { verifyPossession } from "./keys.mjs";
import { UNIT, ascends, keyField, name, signatureField, unitId } from "./objects.mjs";
import { drawingRound } from "./receipts.mjs";
import { amount, array, bytes, readObject, record, uint } from "./schema.mjs";
import { concat, equal, number, octets } from "./values.mjs";

const u32 = uint(0n, 4294967295n);
const WORKERS = 1;
export const AUDITORS = 2;
const ONE = 1n << 32n;
const LEAST_SHARE = 10n;
const REPLICATION_DELAY = 1n;

const ACCOUNT = record([
  [0, "key", keyField], [1, "possession", signatureField], [2, "payout", bytes(20)], [3, "stake", amount], [4, "cores", u32],
  [5, "memory", u32], [6, "storage", u32], [7, "region", name], [8, "profiles", array(name, 0, 8)], [9, "load", u32],
  [10, "cap", u32], [11, "reputation", u32],
]);

export const REGISTRY = record([[2, "network", name], [3, "epoch", uint()], [4, "accounts", array(ACCOUNT, 0, 10000)]], {
  kind: "tracework/registry",
  holds: ({ accounts }) => check(ascends(accounts.map(({ key }) => key)), "semantic/account-order", "REG-003"),
});

export const registryHash = ({ network, item }) => signedId("registry", network, encode(item)); // REG-002

function checkRegistry({ accounts }) { // REG-005
  for (const { key, possession } of accounts) verifyPossession(key, possession);
}

export function checkNamed(registry, unit) { // REG-010 to REG-012
  const { assignment } = unit.body.policy;
  check(assignment, "policy/way-not-asked", "REG-010");
  check(registry.network === unit.body.network, "crypto/network-mismatch", "REG-011");
  check(equal(registryHash(registry), assignment.registry), "crypto/registry-mismatch", "REG-012");
}

export const assignmentRound = (unit, slot) => drawingRound(slot, unit.body.policy.assignment.delay); // REG-022

export const auditorsRound = (unit, slot) => drawingRound(slot, unit.body.policy.audit.delay); // REG-027, AUD-001

function seedOf(registry, unit, beacon, purpose) { // REG-023
  const ids = [networkId(unit.body.network), registryHash(registry), unitId(unit), beacon];
  return digest("assignment", concat(...ids, Uint8Array.of(purpose)));
}

function eligible({ accounts }, { context, requester, requirements = {} }, excluded) { // REG-020, REG-021, REG-028
  const { leastStake = 0n } = requirements;
  const enough = (account) =>
    ["cores", "memory", "storage"].every((what) => account[what] >= (requirements[what] ?? 0n)) &&
    account.stake >= leastStake * (account.load + 1n);
  return accounts.filter(
    (account) =>
      account.stake > 0n && account.load < account.cap && !equal(account.key, requester) &&
      (!context || account.profiles.includes(context.profile)) && enough(account) &&
      !excluded.some((key) => equal(key, account.key)),
  );
}

const stakeOf = (accounts) => accounts.reduce((total, { stake }) => total + stake, 0n);

function placesOf({ policy }, purpose) {
  if (purpose === WORKERS) return Number(policy.redundancy?.replicas ?? 1n);
  check(policy.audit?.auditors, "policy/way-not-asked", "REG-029");
  return Number(policy.audit.auditors);
}

export function assign(registry, unit, beacon, { purpose = WORKERS, excluded = [] } = {}) {
  const { body } = unit;
  const most = placesOf(body, purpose);
  let left = eligible(registry, body, excluded);
  check(left.length >= most, "policy/too-few-eligible", "REG-026");
  const regions = body.requirements?.regions ?? [];
  const tierOf = ({ region }) => (regions.includes(region) ? regions.indexOf(region) : regions.length);
  const stream = new Stream(seedOf(registry, unit, beacon, purpose));
  const drawn = [];
  while (drawn.length < most) { // REG-025
    const all = stakeOf(left);
    let near;
    for (let last = 0; last <= regions.length; last++) {
      near = left.filter((account) => tierOf(account) <= last);
      const stake = stakeOf(near);
      if (stake > 0n && LEAST_SHARE * stake >= all) break;
    }
    near.sort((one, other) => tierOf(one) - tierOf(other)); // REG-024; the sort is stable
    let rest = stream.below(stakeOf(near));
    const chosen = near.find(({ stake }) => (rest -= stake) < 0n);
    drawn.push(chosen.key);
    left = left.filter((account) => account !== chosen);
  }
  return drawn;
}

export const replicationRound = (unit) => drawingRound(unit.body.deadlines.commit, REPLICATION_DELAY); // RED-041

function chanceOf(unit, reputation) { // RED-042
  const { floor } = unit.body.policy.redundancy.adaptive;
  const least = (floor * ONE + 9999n) / 10000n;
  return least > ONE - reputation ? least : ONE - reputation;
}

export function isReplicated(unit, primary, reputation, beacon) { // RED-043
  const seed = digest("replication", concat(networkId(unit.body.network), unitId(unit), primary, beacon));
  return new Stream(seed).below(ONE) < chanceOf(unit, reputation);
}

export const operations = {
  "registry.check": (input) => {
    const registry = readObject(REGISTRY, octets(input.registry));
    checkRegistry(registry);
    return { hash: registryHash(registry), accounts: registry.accounts.length };
  },
  "registry.assign": (input) => {
    const registry = readObject(REGISTRY, octets(input.registry));
    const unit = readObject(UNIT, octets(input.unit));
    const beacon = octets(input.beacon);
    const purpose = Number(input.purpose);
    checkNamed(registry, unit);
    const drawn = assign(registry, unit, beacon, { purpose, excluded: (input.excluded ?? []).map(octets) });
    const round = (purpose === WORKERS ? assignmentRound : auditorsRound)(unit, number(input.slot));
    return { round, seed: seedOf(registry, unit, beacon, purpose), drawn };
  },
  "registry.replicated": (input) => {
    const unit = readObject(UNIT, octets(input.unit));
    check(unit.body.policy.redundancy?.adaptive, "policy/way-not-asked", "RED-040");
    const reputation = number(input.reputation);
    const replicated = isReplicated(unit, octets(input.primary), reputation, octets(input.beacon));
    return { round: replicationRound(unit), chance: chanceOf(unit, reputation), replicated };
  },
};
