// Settling an epoch under the standard rule (spec/settlement.md, "Settling"; spec/rewards.md).

import { check } from "./errors.mjs";
import { encode } from "./encoding.mjs";
import { groups, readEpoch, sift } from "./epochs.mjs";
import { signedId } from "./hashing.mjs";
import { digestField, name } from "./objects.mjs";
import { big } from "./packing.mjs";
import { bounty, ceilingOf, due, emission, netOf, pool, reputation, share, slash, sum, wholeOf } from "./rewards.mjs";
import { bytes, readObject, record, uint } from "./schema.mjs";
import { concat, equal, hex, octets } from "./values.mjs";

const WORK = { pay: 1n, emission: 6n };
const KINDS = [
  { kind: 1n, reason: 2n, emission: 7n, points: "audit", rebate: "rebateAudit", whole: "audits" },
  { kind: 2n, reason: 3n, emission: 8n, points: "attestation", rebate: "rebateAttestation", whole: "attestations" },
];
const BOUNTY = 4n;
const REFUND = 5n;
const DRAWN = 2n;
const TOTALS = ["escrow", "emission", "slashes", "payouts", "burn", "treasury", "refunds"];

const add = (map, key, amount) => map.set(key, (map.get(key) ?? 0n) + amount);

class Books {
  constructor() {
    this.totals = Object.fromEntries(TOTALS.map((total) => [total, 0n]));
    this.accounts = new Map(); // "account reason" to amount
    this.payees = new Map(); // address to amount
    this.spent = new Map(); // unit id to what left its escrow
  }

  pay(account, reason, amount) {
    add(this.accounts, `${account} ${reason}`, amount);
    this.totals[reason === REFUND ? "refunds" : "payouts"] += amount;
  }

  payBeneficiary(address, amount) {
    add(this.payees, address, amount);
    this.totals.payouts += amount;
  }
}

// Offences by account and unit (STL-035): "account unit" to provers.
function offences({ claims, refutations, silences }) {
  const claimOf = new Map(claims.map((claim) => [claim.id, claim]));
  const found = new Map();
  const at = (account, unit) => {
    const key = `${account} ${unit}`;
    if (!found.has(key)) found.set(key, { account, unit, refutations: [] });
    return found.get(key);
  };
  for (const one of refutations) {
    const { worker, unit } = claimOf.get(one.claim);
    at(worker, unit).refutations.push(one);
  }
  for (const { worker, unit } of silences) at(worker, unit);
  for (const offence of found.values()) {
    const first = offence.refutations.map(({ slot }) => slot).reduce((one, other) => (one < other ? one : other), 1n << 64n);
    const earliest = offence.refutations.filter(({ slot }) => slot === first);
    offence.provers = [...new Set(earliest.map(({ prover }) => prover))];
  }
  return found;
}

function accept({ claims, verdicts }, offended) { // STL-031
  const byClaim = groups(verdicts, ({ claim }) => claim);
  for (const claim of claims) {
    const [lowest] = [...(byClaim.get(claim.id) ?? [])].sort((one, other) => Number(one.way - other.way));
    const offence = offended.get(`${claim.worker} ${claim.unit}`);
    claim.accepted = lowest?.outcome === 1n && !claim.named && !offence;
    claim.judged = lowest !== undefined || claim.named || Boolean(offence?.refutations.length); // RWD-061
  }
}

function place(claims, { places }) { // STL-033
  const order = (one, other) =>
    Number(other.accepted) - Number(one.accepted) || (one.slot < other.slot ? -1 : one.slot > other.slot ? 1 : 0) ||
    (one.id < other.id ? -1 : 1);
  return [...claims].sort(order).slice(0, Number(places));
}

function payWork(books, sifted, parameters, epoch) {
  const ofUnit = groups(sifted.claims, ({ unit }) => unit);
  const checksOf = groups(sifted.checks, ({ claim, kind }) => `${claim} ${kind}`);
  const sharesOf = groups(sifted.beneficiaries, ({ unit }) => unit);
  const rebated = [];
  for (const unit of sifted.units) {
    let out = 0n;
    for (const claim of place(ofUnit.get(unit.id) ?? [], unit)) {
      const value = due(unit.price, claim.steps, unit.escrow, unit.places);
      const asked = KINDS.filter(({ whole }) => unit[whole] !== 0n).map(({ points }) => parameters[points]);
      for (const { kind, reason, points, whole } of KINDS) {
        const checks = checksOf.get(`${claim.id} ${kind}`) ?? [];
        const made = pool(value, parameters[points], unit[whole], checks.map(({ part }) => part));
        checks.forEach(({ checker }, at) => books.pay(checker, reason, made.pays[at]));
        books.totals.treasury += made.treasury;
        out += made.pool - made.returned;
      }
      if (!claim.accepted) continue; // RWD-015
      const payees = sharesOf.get(unit.id) ?? [];
      const made = netOf(value, parameters, asked, payees.map(({ share: one }) => one));
      books.pay(claim.worker, WORK.pay, made.worker);
      payees.forEach(({ address }, at) => books.payBeneficiary(address, made.beneficiaries[at]));
      books.totals.burn += made.burn;
      books.totals.treasury += made.treasury;
      out += value - sum(made.pools);
      if (claim.assigned === DRAWN && unit.eligible) rebated.push({ claim, unit, value }); // RWD-032
    }
    books.pay(unit.requester, REFUND, unit.escrow - out); // STL-047
    books.totals.escrow += unit.escrow;
  }
  const dues = rebated.map(({ value }) => value);
  const made = emission(dues, parameters.burn, parameters.rebate, ceilingOf(parameters, epoch));
  const emit = (account, reason, amount) => {
    books.pay(account, reason, amount);
    books.totals.emission += amount;
  };
  rebated.forEach(({ claim, unit }, at) => { // RWD-033
    emit(claim.worker, WORK.emission, share(made.emitted[at], parameters.rebateWork));
    for (const { kind, emission, rebate, whole } of KINDS) {
      const checks = checksOf.get(`${claim.id} ${kind}`) ?? [];
      const all = wholeOf(unit[whole], checks.map(({ part }) => part));
      for (const { checker, part } of checks) {
        emit(checker, emission, (share(made.emitted[at], parameters[rebate]) * part) / all);
      }
    }
  });
}

function punish(books, accounts, { unitOf }, offended, parameters) { // RWD-050 to RWD-054
  for (const [account, list] of groups(offended.values(), ({ account: one }) => one)) {
    const { stake } = accounts[Number(account)];
    const escrows = list.map(({ unit }) => unitOf.get(unit).escrow);
    const { taken } = slash(parameters.slashBase, parameters.slashShare, stake, escrows);
    list.forEach(({ provers }, at) => {
      const made = bounty(taken[at], parameters.bounty, provers.map((prover) => accounts[Number(prover)].stake));
      provers.forEach((prover, which) => books.pay(prover, BOUNTY, made.pays[which]));
      books.totals.burn += made.burnt;
    });
    books.totals.slashes += sum(taken);
    accounts[Number(account)].after = stake - sum(taken);
  }
}

function judgeReputations(accounts, { claims, equivocations }, offended, { gain, loss }) { // RWD-060 to RWD-062
  const ofWorker = groups(claims.filter(({ assigned }) => assigned === DRAWN), ({ worker }) => worker);
  for (const [worker, list] of ofWorker) {
    const accepted = BigInt(list.filter((claim) => claim.accepted).length);
    const dissented = BigInt(list.filter((claim) => claim.judged && !claim.accepted).length);
    const account = accounts[Number(worker)];
    account.standing = reputation(account.reputation, gain, accepted, loss, dissented);
  }
  const lost = [...offended.values(), ...equivocations];
  for (const { account } of lost) accounts[Number(account)].standing = 0n;
}

const shortest = (value) => {
  const digits = value === 0n ? "" : value.toString(16);
  return octets(digits.length % 2 ? `0${digits}` : digits);
};

export function settle({ manifest, hash, parameters, records }) {
  const accounts = records[1];
  const sifted = sift({ manifest, records });
  const offended = offences(sifted);
  accept(sifted, offended);
  const books = new Books();
  payWork(books, sifted, parameters, manifest.number);
  punish(books, accounts, sifted, offended, parameters);
  judgeReputations(accounts, sifted, offended, parameters);
  const { totals } = books;

  const paid = [...books.accounts].filter(([, amount]) => amount > 0n).map(([key, amount]) => {
    const [account, reason] = key.split(" ").map(BigInt);
    return { account, reason, amount };
  });
  paid.sort((one, other) => Number(one.account - other.account) || Number(one.reason - other.reason));
  const ascending = (map) => [...map].filter(([, amount]) => amount > 0n).sort(([one], [other]) => (one < other ? -1 : 1));
  const beneficiaries = ascending(books.payees);
  const byAddress = new Map(beneficiaries); // STL-046
  for (const { account, amount } of paid) add(byAddress, accounts[Number(account)].address, amount);
  add(byAddress, hex(manifest.treasury), totals.treasury);
  const payouts = ascending(byAddress).map(([address, amount]) => ({ address: octets(address), amount }));
  const changed = accounts.flatMap((account, at) => { // STL-048
    const { stake, after = stake, reputation: before, standing = before } = account;
    return after === stake && standing === before ? [] : [{ account: BigInt(at), stake: after, reputation: standing }];
  });
  const set_aside = sifted.aside.sort(
    (one, other) =>
      Number(one.type - other.type) || Number(one.position - other.position) || Number(one.reason - other.reason),
  );
  const claimable = manifest.last + 1n; // STL-049
  const item = new Map([
    [0n, "tracework/settlement"], [1n, 1n], [2n, manifest.network], [3n, manifest.number], [4n, hash], [5n, claimable],
    [6n, new Map(TOTALS.map((total, at) => [BigInt(at), shortest(totals[total])]))],
    [7n, concat(...paid.map(({ account, reason, amount }) => concat(big(account, 4), big(reason, 1), big(amount, 16))))],
    [8n, concat(...beneficiaries.map(([address, amount]) => concat(octets(address), big(amount, 16))))],
    [9n, concat(...payouts.map(({ address, amount }) => concat(address, big(amount, 16))))],
    [10n, concat(...changed.map((one) => concat(big(one.account, 4), big(one.stake, 12), big(one.reputation, 4))))],
    [11n, concat(...set_aside.map(({ type, position, reason }) => concat(big(type, 1), big(position, 4), big(reason, 1))))],
  ]);
  const settlement = encode(item);
  const settlementHash = signedId("settlement", manifest.network, settlement); // STL-052
  const named = set_aside.map(({ type, position, reason }) => ({ type, place: position, reason }));
  return { hash: settlementHash, settlement, claimable, totals, accounts: paid, payouts, changed, set_aside: named };
}

const TOTAL = { // STL-051
  read(item) {
    bytes(0, 16).read(item);
    check(item.length === 0 || item[0] !== 0, "schema/bad-form", "STL-051");
    return item.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  },
};
const list = (width, most) => ({
  read(item) {
    bytes(0, most).read(item);
    check(item.length % width === 0, "schema/wrong-length", "STL-050");
    return item;
  },
});

const SETTLEMENT = record(
  [
    [2, "network", name], [3, "number", uint()], [4, "epoch", digestField], [5, "claimable", uint()],
    [6, "totals", record(TOTALS.map((total, at) => [at, total, TOTAL]))], [7, "accounts", list(21, 33554432)],
    [8, "beneficiaries", list(36, 8388608)], [9, "payouts", list(36, 16777216)], [10, "changed", list(20, 4194304)],
    [11, "aside", list(6, 33554432)],
  ],
  {
    kind: "tracework/settlement",
    holds({ totals: { payouts, burn, treasury, refunds, escrow, emission, slashes } }) { // STL-044
      check(payouts + burn + treasury + refunds === escrow + emission + slashes, "semantic/not-conserved", "STL-044");
    },
  },
);

export const operations = {
  "settlement.epoch": ({ file }) => {
    const { hash, sets } = readEpoch(octets(file));
    return { hash, sets };
  },
  "settlement.settle": ({ file }) => settle(readEpoch(octets(file))),
  "settlement.check": ({ file, settlement: data }) => {
    const given = octets(data);
    readObject(SETTLEMENT, given);
    const { hash, settlement } = settle(readEpoch(octets(file)));
    check(equal(settlement, given), "crypto/settlement-mismatch", "STL-053");
    return { hash };
  },
};
