// Slots and receipts (spec/receipt.md).

import { check } from "./errors.mjs";
import {
  COMMITTEE, aggregateOf, checkAggregate, checkCommittee, checkPolicy, checkShare, shareOf, withCommittee,
} from "./committees.mjs";
import { UNIT, digestField, keyField, name, unitId } from "./objects.mjs";
import { readObject, record, uint } from "./schema.mjs";
import { checkUnitSignature } from "./verifier.mjs";
import { equal, number, octets } from "./values.mjs";

const ROUNDS_PER_SLOT = 10n;

export const drawingRound = (slot, delay) => (slot + delay + 1n) * ROUNDS_PER_SLOT; // RCP-002

export const RECEIPT_BODY = record([
  [0, "network", name], [1, "committee", digestField], [2, "unit", digestField], [3, "party", keyField],
  [4, "subject", digestField], [5, "slot", uint()], [6, "kind", uint(1n, 7n)],
]);

export const RECEIPT = aggregateOf(RECEIPT_BODY, "tracework/receipt");
const RECEIPT_SHARE = shareOf(RECEIPT_BODY, "tracework/receipt-share");

export function checkAbout({ body }, unit) { // RCP-020
  check(body.network === unit.body.network, "crypto/network-mismatch", "RCP-020");
  check(equal(body.unit, unitId(unit)), "crypto/unit-mismatch", "RCP-020");
}

export function checkReceipt(receipt, unit, committee) { // RCP-020 to RCP-024
  checkAbout(receipt, unit);
  const checked = checkAggregate("receipt", receipt, committee);
  checkPolicy(unit.body.policy.receipts, committee, checked.weight);
  return checked;
}

export const operations = {
  "receipt.slots": ({ slot: at, delay }) => {
    const slot = number(at);
    return {
      first_round: slot * ROUNDS_PER_SLOT + 1n, last_round: (slot + 1n) * ROUNDS_PER_SLOT,
      drawing_round: drawingRound(slot, number(delay)),
    };
  },
  "receipt.share": withCommittee(RECEIPT_SHARE, "share", (share, committee) => checkShare("receipt", share, committee)),
  "receipt.check": (input) => {
    const receipt = readObject(RECEIPT, octets(input.receipt));
    const unit = readObject(UNIT, octets(input.unit));
    const committee = readObject(COMMITTEE, octets(input.committee));
    checkUnitSignature(unit);
    checkCommittee(committee);
    return checkReceipt(receipt, unit, committee);
  },
};
