// The adapter: JSON lines in, JSON lines out (spec/vectors.md, "The harness").

import { createInterface } from "node:readline";
import { Rejected } from "./errors.mjs";
import { render } from "./values.mjs";
import { operations as answers } from "./answers.mjs";
import { operations as audits } from "./audits.mjs";
import { operations as beacons } from "./beacons.mjs";
import { operations as bundles } from "./bundles.mjs";
import { operations as commits } from "./commits.mjs";
import { operations as committees } from "./committees.mjs";
import { operations as disputes } from "./disputes.mjs";
import { operations as draws } from "./draws.mjs";
import { operations as encoding } from "./encoding.mjs";
import { operations as equivocations } from "./equivocations.mjs";
import { operations as faults } from "./faults.mjs";
import { operations as faultCommits } from "./faultcommits.mjs";
import { operations as hashing } from "./hashing.mjs";
import { operations as keys } from "./keys.mjs";
import { operations as loading } from "./loading.mjs";
import { operations as machine } from "./machine.mjs";
import { operations as payouts } from "./payouts.mjs";
import { operations as quorum } from "./quorum.mjs";
import { operations as receipts } from "./receipts.mjs";
import { operations as registry } from "./registry.mjs";
import { operations as rewards } from "./rewards.mjs";
import { operations as settlement } from "./settlement.mjs";
import { operations as shown } from "./shown.mjs";
import { operations as silence } from "./silence.mjs";
import { operations as trees } from "./trees.mjs";
import { operations as verdicts } from "./verdicts.mjs";
import { operations as verifier } from "./verifier.mjs";

const operations = {
  ...answers, ...audits, ...beacons, ...bundles, ...commits, ...committees, ...disputes, ...draws, ...encoding,
  ...equivocations, ...faults, ...faultCommits, ...hashing, ...keys, ...loading, ...machine, ...payouts, ...quorum, ...receipts, ...registry, ...rewards,
  ...settlement, ...shown, ...silence, ...trees, ...verdicts, ...verifier,
};

const implementation = { name: "tracework-node", version: "0.1.0", language: "JavaScript" };
const hello = { harness: 1, implementation, ops: Object.keys(operations).sort(), features: [] };

function run({ seq, op, input }) {
  try {
    return { seq, result: "valid", output: render(operations[op](input)) };
  } catch (error) {
    if (!(error instanceof Rejected)) return { seq, result: "error", message: String(error.stack) };
    const { stage, code, requirement, message } = error;
    return { seq, result: "invalid", error: { stage, code, requirement, message } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.cmd === "bye") break;
  const answer = message.cmd === "hello" ? hello : run(message);
  process.stdout.write(JSON.stringify(answer) + "\n");
}
process.stdin.destroy();
