// Verdicts that travel (spec/verdict.md, "Encoding").

import { digestField, keyField, name } from "./objects.mjs";
import { array, readObject, record, text, uint } from "./schema.mjs";
import { octets } from "./values.mjs";

const EVIDENCE = ["valid", "invalid", "incomplete"];
const CLAIM = ["accepted", "refuted", "inconclusive"];
const RESULTS = ["passed", "failed", "missing"];
const BLAME = ["worker", "presenter", "members"];
const STANDINGS = [
  "agrees", "dissents", "undecided", "absent", "missing", "early", "late", "copied", "malformed", "refuted", "equivocated",
  "signed", "uncalled",
];
const MOST = 16384;
const one = (names) => uint(1n, BigInt(names.length));
const named = (names, value) => names[Number(value) - 1];

const requirement = text(0, Infinity, /^[A-Z]{3}-[0-9]{3}$/);

const STATEMENT_FIELDS = [
  [0, "network", name], [1, "unit", digestField], [2, "program", digestField, true], [3, "input_length", uint(), true],
  [4, "input_root", digestField, true], [5, "worker", keyField, true], [6, "claim", digestField, true],
  [7, "steps", uint(), true], [8, "status", uint(0n, 3n), true], [9, "code", uint(), true],
  [10, "output_length", uint(), true], [11, "output_root", digestField, true], [12, "result", digestField, true],
];

const VERDICT = record(
  [
    [2, "evidence", one(EVIDENCE)], [3, "claim", one(CLAIM)], [4, "hash", digestField],
    [5, "statement", record(STATEMENT_FIELDS), true],
    [6, "checks", array(record([[0, "requirement", requirement], [1, "result", one(RESULTS)]]), 0, MOST)],
    [
      7, "decision",
      record([[0, "stage", name], [1, "code", name], [2, "requirement", requirement], [3, "place", text(1, 256, /^[ -~]*$/), true]]),
      true,
    ],
    [8, "blame", one(BLAME), true],
    [9, "parties", array(record([[0, "key", keyField], [1, "standing", one(STANDINGS)], [2, "code", name, true]]), 0, MOST)],
    [10, "aside", array(record([[0, "file", digestField], [1, "code", name]]), 0, MOST)],
  ],
  { kind: "tracework/verdict" },
);

export const operations = {
  "verdict.read": ({ verdict: data }) => {
    const { evidence, claim, hash, statement, checks, decision, blame, parties, aside } = readObject(VERDICT, octets(data));
    const output = { evidence: named(EVIDENCE, evidence), claim: named(CLAIM, claim), evidence_hash: hash };
    if (decision) output.error = { stage: decision.stage, code: decision.code };
    if (statement) {
      const { item, ...fields } = statement;
      output.statement = fields;
    }
    output.checks = checks.map(({ requirement: id, result }) => ({ requirement: id, result: named(RESULTS, result) }));
    const missing = output.checks.filter(({ result }) => result === "missing");
    if (missing.length) output.missing = missing.map(({ requirement: id }) => id);
    if (blame) output.blame = named(BLAME, blame);
    output.parties = parties.map(({ key, standing, code }) => {
      return { key, standing: named(STANDINGS, standing), ...(code !== undefined && { code }) };
    });
    output.set_aside = aside.map(({ file, code }) => ({ file, code }));
    return output;
  },
};
