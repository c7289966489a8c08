// The standard rule's components: integers, floors, one function a clause (spec/rewards.md).

import { check } from "./errors.mjs";
import { encode } from "./encoding.mjs";
import { signedId } from "./hashing.mjs";
import { amount, array, readObject, record, uint } from "./schema.mjs";
import { number, octets } from "./values.mjs";

const WHOLE = 10000n;
const REPUTATION_MAX = (1n << 32n) - 1n;

export const sum = (numbers) => numbers.reduce((total, one) => total + one, 0n);
const least = (one, other) => (one < other ? one : other);
const points = uint(0n, WHOLE);
const u32 = uint(0n, REPUTATION_MAX);
export const share = (value, of) => (value * of) / WHOLE; // RWD-001

const CEILING = record([[0, "from", uint()], [1, "amount", amount]]);

export const PARAMETERS = record(
  [
    [2, "burn", points], [3, "treasury", points], [4, "audit", points], [5, "attestation", points], [6, "rebate", points],
    [7, "rebateWork", points], [8, "rebateAudit", points], [9, "rebateAttestation", points], [10, "slashBase", amount],
    [11, "slashShare", u32], [12, "bounty", uint(0n, 3333n)], [13, "gain", u32], [14, "loss", u32],
    [15, "emission", array(CEILING, 0, 4096)],
  ],
  {
    kind: "tracework/parameters",
    holds({ burn, treasury, audit, attestation, rebateWork, rebateAudit, rebateAttestation, emission }) {
      check(burn + treasury + audit + attestation <= WHOLE, "semantic/share-sum", "RWD-003");
      check(rebateWork + rebateAudit + rebateAttestation <= WHOLE, "semantic/share-sum", "RWD-004");
      const ascending = emission.every(({ from }, at) => at === 0 || emission[at - 1].from < from);
      check(ascending, "semantic/ceiling-order", "RWD-006");
    },
  },
);

export const parametersHash = (network, { item }) => signedId("parameters", network, encode(item)); // RWD-002

export function ceilingOf({ emission }, epoch) { // RWD-006
  return emission.filter(({ from }) => from <= epoch).at(-1)?.amount ?? 0n;
}

export const due = (price, steps, escrow, places) => least(price * steps, escrow / places); // RWD-010

// RWD-011, RWD-013, RWD-016, RWD-017. `asked` has the points of the kinds of checks that the unit asks for.
export function netOf(value, { burn: burnPoints, treasury: treasuryPoints }, asked, shares) {
  const burn = share(value, burnPoints);
  const pools = asked.map((one) => share(value, one)); // RWD-020
  const net = share(value, WHOLE - burnPoints - treasuryPoints - sum(asked));
  const beneficiaries = shares.map((one) => share(net, one));
  const worker = share(net, WHOLE - sum(shares));
  return { burn, pools, net, worker, beneficiaries, treasury: value - burn - sum(pools) - worker - sum(beneficiaries) };
}

export const wholeOf = (whole, parts) => (whole > sum(parts) ? whole : sum(parts)); // RWD-021

export function pool(value, kindPoints, whole, parts) { // RWD-020 to RWD-022, RWD-025, RWD-026
  if (whole === 0n) return { pool: 0n, pays: parts.map(() => 0n), returned: 0n, treasury: 0n };
  const apart = share(value, kindPoints);
  const all = wholeOf(whole, parts);
  const pays = parts.map((part) => (apart * part) / all);
  const returned = (apart * (all - sum(parts))) / all;
  return { pool: apart, pays, returned, treasury: apart - sum(pays) - returned };
}

export function emission(dues, burnPoints, rebatePoints, ceiling) { // RWD-035, RWD-036
  const weights = dues.map((value) => value * burnPoints * rebatePoints);
  const all = sum(weights);
  const binds = all > ceiling * WHOLE * WHOLE;
  return { weights, emitted: weights.map((x) => (binds ? (x * ceiling) / all : x / (WHOLE * WHOLE))) };
}

export function slash(base, sharePoints, stake, escrows) { // RWD-050, RWD-051
  const demands = escrows.map((escrow) => least(base + share(escrow, sharePoints), stake));
  const all = sum(demands);
  return { demands, taken: all > stake ? demands.map((demand) => (stake * demand) / all) : demands };
}

export function bounty(taken, bountyPoints, stakes) { // RWD-052 to RWD-054
  const whole = stakes.length ? share(taken, bountyPoints) : 0n;
  const all = sum(stakes);
  const part = (stake) => (all === 0n ? 0n : (whole * stake) / all);
  const pays = stakes.length === 1 ? [whole] : stakes.map(part);
  return { pays, burnt: taken - sum(pays) };
}

export function reputation(before, gain, accepted, loss, dissented) { // RWD-060
  const after = before + gain * accepted - loss * dissented;
  return after < 0n ? 0n : least(after, REPUTATION_MAX);
}

const numbers = (list) => list.map(number);

export const operations = {
  "rewards.parameters": ({ parameters: data, network, epoch }) => {
    const parameters = readObject(PARAMETERS, octets(data));
    return { hash: parametersHash(network, parameters), ceiling: ceilingOf(parameters, number(epoch)) };
  },
  "rewards.due": (input) => {
    return { due: due(number(input.price), number(input.steps), number(input.escrow), number(input.places)) };
  },
  "rewards.net": (input) => {
    const parameters = { burn: number(input.burn), treasury: number(input.treasury) };
    return netOf(number(input.due), parameters, numbers(input.pools), numbers(input.shares));
  },
  "rewards.pool": (input) => pool(number(input.due), number(input.points), number(input.whole), numbers(input.parts)),
  "rewards.emission": (input) =>
    emission(numbers(input.dues), number(input.burn), number(input.rebate), number(input.ceiling)),
  "rewards.slash": (input) => slash(number(input.base), number(input.share), number(input.stake), numbers(input.escrows)),
  "rewards.bounty": (input) => bounty(number(input.taken), number(input.bounty), numbers(input.stakes)),
  "rewards.reputation": ({ before, gain, accepted, loss, dissented }) => {
    return { after: reputation(...[before, gain, accepted, loss, dissented].map(number)) };
  },
};
