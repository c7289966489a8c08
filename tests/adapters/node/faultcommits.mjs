// Commitments to fault proofs, and their reveals (spec/fault.md, "Commitments").

import { AUDIT_PROOF, checkAudit } from "./audits.mjs";
import { check } from "./errors.mjs";
import { decode, encode } from "./encoding.mjs";
import { operations as faults } from "./faults.mjs";
import { digest, signedId } from "./hashing.mjs";
import { verify } from "./keys.mjs";
import {
  LEAF_FAULT, RESULT_FAULT, SEGMENT_PROOF, STEP_FAULT, claimId, digestField, keyField, name, signatureField, unitId,
} from "./objects.mjs";
import { readObject, record } from "./schema.mjs";
import { checkSegmentProof, evidenceHash } from "./verifier.mjs";
import { concat, equal, octets } from "./values.mjs";

const BODY = record([[0, "network", name], [1, "unit", digestField], [2, "prover", keyField], [3, "commitment", digestField]]);
const FAULT_COMMIT = record([[2, "body", BODY], [3, "signature", signatureField]], { kind: "tracework/fault-commit" });

export const FAULT_REVEAL = record([[2, "commit", FAULT_COMMIT], [3, "blinding", digestField], [4, "proof", digestField]], {
  kind: "tracework/fault-reveal",
});

const JUDGES = new Map([
  [SEGMENT_PROOF, checkSegmentProof], [AUDIT_PROOF, checkAudit], [LEAF_FAULT, faults["fault.leaf"]],
  [RESULT_FAULT, faults["fault.result"]], [STEP_FAULT, faults["fault.step"]],
]);

export const faultCommitId = ({ body }) => signedId("fault-commit", body.network, encode(body.item)); // FLT-040

// FLT-042 to FLT-046: the claim that is refuted, and the verdict on the proof.
function judgeReveal({ commit, blinding, proof: named }, data) {
  check(equal(digest("evidence", data), named), "crypto/proof-mismatch", "FLT-042");
  const { item } = decode(data); // FLT-043
  const kind = item instanceof Map ? item.get(0n) : undefined;
  const [shape, judge] = [...JUDGES].find(([one]) => one.kind === kind) ?? [];
  check(shape, "schema/unknown-kind", "FLT-043");
  const verdict = judge({ proof: data });
  check(verdict.claim === "refuted", "execution/no-fault", "FLT-003");
  const proof = readObject(shape, data);
  const claim = shape === AUDIT_PROOF ? proof.proof.claim : proof.claim;
  const { body, signature } = commit;
  check(body.network === claim.unit.body.network, "crypto/network-mismatch", "FLT-044");
  check(equal(body.unit, unitId(claim.unit)), "crypto/unit-mismatch", "FLT-044");
  verify(body.prover, faultCommitId(commit), signature);
  const commitment = digest("fault-commitment", concat(claimId(claim), body.prover, named, blinding)); // FLT-041
  check(equal(commitment, body.commitment), "crypto/commitment-mismatch", "FLT-046");
  return { claim, verdict };
}

export const checkFaultReveal = (reveal, data) => judgeReveal(reveal, data).claim;

export const operations = {
  "fault.committed": ({ reveal: file, proof: proofFile }) => {
    const [data, proof] = [octets(file), octets(proofFile)];
    const reveal = readObject(FAULT_REVEAL, data);
    const { verdict } = judgeReveal(reveal, proof);
    const { commitment } = reveal.commit.body;
    return { ...verdict, evidence_hash: evidenceHash([data, proof]), id: faultCommitId(reveal.commit), commitment };
  },
};
