"""Vectors for claims: checked alone, and by executing their unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol import keys
from ...protocol.encoding import cbor
from ...protocol.encoding.schema import encode_object
from ...protocol.machine.state import Status, state_hash
from ...protocol.regions import commit
from ...protocol.trees.trace import TraceTree
from ...protocol.work.claim import Claim
from ...protocol.work.unit import Policy
from ..operations import work
from ..values import render
from . import Case, VectorFile, _runs, invalid, seeded, valid
from ._changes import changed, flip
from ._runs import Run, resign, retraced

CHECKED = "tests/adapters/node, written from spec/ alone"
VERDICT = ["VRD-001", "VRD-004", "VRD-005", "VRD-006", "VRD-008"]
"""What every verdict on a good claim shows."""
BODY, OPENINGS = 3, 5
LEADS_TO = {
    "path-length": ["MRK-015"],
    "root-mismatch": ["MRK-016"],
    "bad-signature": ["KEY-041"],
    "unit-mismatch": [],
    "state-mismatch": [],
}
"""Requirement of another document that a check's failure is reported by."""
INPUT = b"0123456789"


def halted() -> Run:
    """Sums ten bytes: 64 steps, four full segments."""
    return _runs.run(_runs.summing(), INPUT, "claim-halted")


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        VectorFile(
            name="claim",
            op="claim.check",
            title="Claims checked without executing anything",
            checked_by=CHECKED,
            cases=[*_good(), *_refuted(), *_semantic_faults(), *_crypto_faults(), *_policy()],
        ),
        VectorFile(
            name="reexecution",
            op="claim.reexecute",
            title="Claims checked by executing their unit in full",
            checked_by=CHECKED,
            cases=_reexecutions(),
        ),
    ]


def _case(
    name: str, comment: str, requirements: list[str], claim: Claim, pins: Mapping[str, Any] | None = None
) -> Case:
    given: dict[str, Any] = {"claim": encode_object(claim)}
    if pins:
        given["pins"] = pins
    return valid(f"claim-{name}", comment, requirements, given, work.claim(render(given)))


def _runs_by_ending() -> list[tuple[str, str, Run]]:
    return [
        ("halted", "A run that halts at the end of its fourth segment.", halted()),
        ("halted-inside", "A run that halts inside a segment: the last one is shorter.", _sum(b"0")),
        ("halted-no-input", "An empty input.", _sum(b"")),
        ("exit-code", "An exit code of 7: halted all the same.", _runs.run(_runs.summing(7), b"", "claim-exit-code")),
        ("faulted", "A breakpoint: an accepted ending, and no output.", _run("faulted", _runs.breaking())),
        ("out-of-steps", "An endless loop, cut off at its limit.", _run("out-of-steps", _runs.looping(), max_steps=40)),
        ("one-step", "A limit of one step: two leaves.", _run("one-step", _runs.looping(), max_steps=1)),
        ("one-segment", "A limit of exactly one segment.", _run("one-segment", _runs.looping(), max_steps=16)),
        ("two-segments", "One step more.", _run("two-segments", _runs.looping(), max_steps=17)),
    ]


def _sum(given: bytes) -> Run:
    return _runs.run(_runs.summing(), given, f"claim-sum-{len(given)}")


def _run(name: str, words: list[int], max_steps: int = 1000) -> Run:
    return _runs.run(words, b"", f"claim-{name}", max_steps=max_steps)


def _good() -> list[Case]:
    requirements = [
        "CLM-001",
        "CLM-002",
        "CLM-013",
        "CLM-018",
        "CLM-020",
        "CLM-021",
        "TRC-001",
        "TRC-002",
        "TRC-004",
        *VERDICT,
    ]
    return [_case(name, comment, requirements, run.claim) for name, comment, run in _runs_by_ending()]


def _refuted() -> list[Case]:
    made = halted()
    wrong_start = retraced(made, [made.leaves[1], *made.leaves[1:]])
    return [
        _case(
            "wrong-first-leaf",
            "The trace begins with another state than the unit's, signed and opened by the worker.",
            ["CLM-026", "CLM-028", "TRC-005", "VRD-002", "VRD-007"],
            wrong_start.claim,
        ),
        _case(
            "zero-first-leaf",
            "A first leaf of zeros is a wrong leaf like any other, and not an absent one.",
            ["CLM-026", "HSH-007", "MRK-001"],
            retraced(made, [bytes(32), *made.leaves[1:]]).claim,
        ),
        _case(
            "wrong-output-length",
            "An output of 7 bytes, signed with a final state whose x11 says 8.",
            ["CLM-027", "CLM-013"],
            resign(made.claim, body={"output_length": 7}),
        ),
        _case(
            "wrong-exit-code",
            "A final state whose code is 1 and whose x10 is 0: no machine ends so.",
            ["CLM-027"],
            _with_code(made, 1),
        ),
    ]


def _with_code(made: Run, code: int) -> Claim:
    """The claim of an exit code that the final registers don't hold, in a trace that ends in such a state."""
    claim = made.claim
    state = claim.final
    state.code = code
    leaf = state_hash(claim.context.hash, state, claim.final_memory_root)
    retrace = retraced(made, [*made.leaves[:-1], leaf])
    return resign(retrace.claim, body={"code": code})


def _semantic_faults() -> list[Case]:
    claim = halted().claim
    limited = _run("out-of-steps", _runs.looping(), max_steps=40).claim
    faults: list[tuple[str, str, str, str, Claim, dict[int, int]]] = [
        ("running", "CLM-010", "not-final", "A claim of a running state.", claim, {5: 0, 7: 0}),
        ("fault-none", "CLM-011", "status-code", "A fault of number zero.", claim, {5: 2, 6: 0, 7: 0}),
        (
            "fault-unknown",
            "CLM-011",
            "status-code",
            "A fault that there isn't.",
            claim,
            {5: 2, 6: 11, 7: 0},
        ),
        ("limit-code", "CLM-011", "status-code", "Out of steps with a code.", limited, {6: 1}),
        ("fault-output", "CLM-012", "output-without-halt", "A fault with an output.", claim, {5: 2, 6: 1, 7: 1}),
        ("limit-output", "CLM-012", "output-without-halt", "Out of steps with an output.", limited, {7: 1}),
        ("steps-over", "CLM-014", "step-count", "One step over the limit.", claim, {4: 1001, 2: 64}),
        ("limit-early", "CLM-014", "step-count", "Out of steps one step early.", limited, {4: 39}),
        ("leaf-missing", "CLM-015", "leaf-count", "A leaf too few.", claim, {2: 4}),
        ("leaf-extra", "CLM-015", "leaf-count", "A leaf too many.", claim, {2: 6}),
        ("leaf-next", "CLM-015", "leaf-count", "A step more than the leaves have room for.", claim, {4: 65}),
    ]
    cases = [
        invalid(
            f"claim-{name}",
            comment,
            [requirement],
            {"claim": _patched(source, fields)},
            f"semantic/{code}",
            derived_from="claim-halted" if source is claim else "claim-out-of-steps",
        )
        for name, requirement, code, comment, source, fields in faults
    ]
    cases.append(
        invalid(
            "claim-order-of-checks",
            "A unit with a quorum of half, and a claim of a running state: the unit comes first.",
            ["CLM-016", "ENC-033", "UNT-022"],
            {"claim": _two_faults(claim)},
            "semantic/bad-quorum",
        )
    )
    cases.append(
        invalid(
            "claim-opaque-unit",
            "A claim of a trace about an opaque unit.",
            ["UNT-006"],
            {"claim": _opaque(claim)},
            "semantic/opaque-unit",
        )
    )
    return cases


def _patched(claim: Claim, fields: Mapping[int, Any]) -> bytes:
    return changed(claim, [BODY], lambda body: body | dict(fields))


def _two_faults(claim: Claim) -> bytes:
    item: Any = cbor.decode(_patched(claim, {5: 0, 7: 0}))
    item[2][2][5] = {1: {0: 2, 1: 1}}
    item[2][2][6] = {0: 1, 1: 2, 2: 3}
    return cbor.encode(item)


def _opaque(claim: Claim) -> bytes:
    def apply(body: Any) -> Any:
        del body[3]
        return body | {4: {0: bytes(32)}, 5: {2: {0: bytes(32), 1: 1}}}

    return changed(claim, [2, 2], apply)


def _crypto_faults() -> list[Case]:
    made = halted()
    claim, other = made.claim, _sum(b"0").claim
    stranger = _runs.worker("copycat")
    copied = Claim(
        unit=claim.unit,
        body=claim.body.replace(worker=keys.public_key(stranger)),
        signature=claim.signature,
        openings=claim.openings,
    )
    height = claim.context.trace_height
    faults: list[tuple[str, str, str, str, bytes]] = [
        (
            "unit-signature",
            "UNT-007",
            "bad-signature",
            "The worker's signature in the requester's place.",
            changed(claim, [2, 3], claim.signature),
        ),
        ("unit-swapped", "CLM-017", "unit-mismatch", "Another unit than the claim is about.", _with_unit(claim, other)),
        ("copied", "CLM-018", "bad-signature", "The claim under another worker's name.", encode_object(copied)),
        (
            "steps-changed",
            "CLM-018",
            "bad-signature",
            "Another final state than signed.",
            _patched(claim, {9: b"\1" * 32}),
        ),
        ("first-path-bit", "CLM-022", "root-mismatch", "A bit of leaf 0's path.", _bit(claim, [OPENINGS, 1], 0)),
        ("first-leaf-bit", "CLM-022", "root-mismatch", "A bit of leaf 0.", _bit(claim, [OPENINGS, 0], 0)),
        ("first-path-short", "CLM-022", "path-length", "A level too few.", _path(claim, 1, 32 * (height - 1))),
        ("first-path-long", "CLM-022", "path-length", "A level too many.", _path(claim, 1, 32 * (height + 1))),
        ("first-path-ragged", "CLM-022", "path-length", "A byte too many.", _path(claim, 1, 32 * height + 1)),
        ("last-path-bit", "CLM-023", "root-mismatch", "A bit of the last leaf's path.", _bit(claim, [OPENINGS, 2], 77)),
        ("last-path-first", "CLM-023", "root-mismatch", "Leaf 0's path for the last leaf.", _first_for_last(claim)),
        ("last-path-short", "CLM-023", "path-length", "A level too few for the last leaf.", _path(claim, 2, 32)),
        ("final-pc", "CLM-024", "state-mismatch", "Another pc.", changed(claim, [OPENINGS, 3], 0)),
        ("final-register", "CLM-024", "state-mismatch", "A bit of x1.", _bit(claim, [OPENINGS, 4], 0)),
        ("final-memory", "CLM-024", "state-mismatch", "Another low root.", _bit(claim, [OPENINGS, 5], 255)),
    ]
    cases = [
        invalid(f"claim-{name}", comment, [requirement, "CLM-025", *LEADS_TO[code]], {"claim": data}, f"crypto/{code}")
        for name, requirement, code, comment, data in faults
    ]
    lied = resign(claim, body={"output_root": commit(b"another").root})
    cases.append(
        invalid(
            "claim-output-root",
            "An output root that the claimed final state doesn't have: unproven, and not refuted by this file.",
            ["CLM-024", "CLM-028", "VRD-003"],
            {"claim": encode_object(lied)},
            "crypto/state-mismatch",
        )
    )
    cases.append(
        invalid(
            "claim-network",
            "The same unit and claim under another network's name.",
            ["UNT-007", "HSH-006", "KEY-041"],
            {"claim": changed(claim, [2, 2, 0], "other")},
            "crypto/bad-signature",
        )
    )
    return cases


def _bit(claim: Claim, path: list[int], bit: int) -> bytes:
    return changed(claim, path, flip(bit))


def _with_unit(claim: Claim, other: Claim) -> bytes:
    """The claim in the company of a unit whose terms make the claim's numbers possible."""
    unit = _runs.run(_runs.summing(), INPUT, "claim-other-nonce").unit
    assert unit.id not in (claim.unit.id, other.unit.id)
    return encode_object(claim.replace(unit=unit))


def _path(claim: Claim, key: int, length: int) -> bytes:
    return changed(claim, [OPENINGS, key], lambda path: (path + path)[:length])


def _first_for_last(claim: Claim) -> bytes:
    return changed(claim, [OPENINGS, 2], claim.openings.first_path)


def _policy() -> list[Case]:
    me, other = keys.public_key(_runs.worker()), keys.public_key(_runs.worker("named-0"))
    named = _runs.run(_runs.summing(), INPUT, "claim-named", policy=Policy(workers=(me,))).claim
    unnamed = _runs.run(_runs.summing(), INPUT, "claim-unnamed", policy=Policy(workers=(other,))).claim
    claim = halted().claim
    faulted = _run("faulted", _runs.breaking()).claim
    output = {"length": claim.body.output_length, "root": claim.body.output_root}
    pins: dict[str, Any] = {
        "network": _runs.NETWORK,
        "unit": claim.unit.id,
        "worker": claim.body.worker,
        "output": output,
    }
    data = encode_object(claim)
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("network", {"network": "mainnet"}),
        ("unit", {"unit": seeded("claim-pin-unit", "unit", 32)}),
        ("worker", {"worker": other}),
        ("output", {"output": {"length": 8, "root": commit(b"12345678").root}}),
    ]
    return [
        _case("named-worker", "The unit names its workers, and this is one.", ["CLM-029", "UNT-024"], named),
        invalid(
            "claim-unnamed-worker",
            "The unit names its workers, and this isn't one.",
            ["CLM-029"],
            {"claim": encode_object(unnamed)},
            "policy/unnamed-worker",
        ),
        _case("pins-hold", "Every pin is what the claim is about.", ["VRD-010"], claim, pins),
        *(
            invalid(
                f"claim-pin-{name}",
                f"Another {name} is pinned.",
                ["VRD-010"],
                {"claim": data, "pins": pin},
                f"policy/other-{name}",
            )
            for name, pin in wrong
        ),
        invalid(
            "claim-pin-order",
            "Another worker and another network are pinned: the network is looked at first.",
            ["VRD-010", "VRD-011"],
            {"claim": data, "pins": {"worker": other, "network": "mainnet"}},
            "policy/other-network",
        ),
        invalid(
            "claim-pin-output-fault",
            "The empty output is pinned; a faulted run has no output at all.",
            ["VRD-010"],
            {"claim": encode_object(faulted), "pins": {"output": {"length": 0, "root": commit(b"").root}}},
            "policy/other-output",
        ),
        _case(
            "pins-refuted",
            "A refuted claim stays refuted, whatever is pinned.",
            ["VRD-011", "CLM-026"],
            retraced(halted(), [bytes(32), *halted().leaves[1:]]).claim,
            {"network": "mainnet"},
        ),
    ]


def _reexecutions() -> list[Case]:
    made = halted()
    cases = [_reexecution(name, comment, run, ["CLM-030", "CLM-031"]) for name, comment, run in _runs_by_ending()]
    lies: list[tuple[str, str, Run]] = [
        ("lazy", "An invented trace between the right ends.", retraced(made, _invented(made))),
        ("padding", "The right leaves under a root whose padding isn't the final state.", _bad_padding(made)),
    ]
    cases += [_reexecution(name, comment, run, ["CLM-031", "TRC-004", "VRD-002"]) for name, comment, run in lies]
    beginning = retraced(made, [made.leaves[1], *made.leaves[1:]])
    comment = "Another beginning than the unit's, on the right files: found before the run differs."
    cases.append(_reexecution("first-leaf", comment, beginning, ["CLM-026", "CLM-032"]))
    claim = encode_object(made.claim)
    return [
        *cases,
        invalid(
            "claim-reexecute-order",
            "Another program, and a trace with another beginning: nothing is said of the claim.",
            ["CLM-030", "CLM-032"],
            {"claim": encode_object(beginning.claim), "program": _program(_runs.summing(1)), "input": INPUT},
            "crypto/program-mismatch",
        ),
        invalid(
            "claim-reexecute-program",
            "Another program than the unit's.",
            ["CLM-030"],
            {"claim": claim, "program": _program(_runs.summing(1)), "input": INPUT},
            "crypto/program-mismatch",
        ),
        invalid(
            "claim-reexecute-input",
            "Another input of the same length.",
            ["CLM-030", "UNT-016"],
            {"claim": claim, "program": _program(made.words), "input": INPUT[::-1]},
            "crypto/input-mismatch",
        ),
        invalid(
            "claim-reexecute-input-length",
            "The input with a zero after it: the same subtree, another length.",
            ["CLM-030"],
            {"claim": claim, "program": _program(made.words), "input": INPUT + b"\0"},
            "crypto/input-mismatch",
        ),
    ]


def _invented(made: Run) -> list[bytes]:
    return [made.leaves[0], *(seeded("claim-lazy", str(i), 32) for i in range(3)), made.leaves[-1]]


def _bad_padding(made: Run) -> Run:
    """A root over the honest leaves and padding of zeros: every opening of the honest leaves holds."""
    height = made.claim.context.trace_height
    tree = TraceTree([*made.leaves, bytes(32)], height)
    last = len(made.leaves) - 1
    claim = resign(
        made.claim,
        body={"trace_root": tree.root},
        openings={"first_path": tree.proof([0]), "last_path": tree.proof([last])},
    )
    assert claim.body.status == Status.HALTED
    return Run(
        words=made.words,
        given=made.given,
        unit=made.unit,
        claim=claim,
        tree=tree,
        leaves=made.leaves,
        segments=made.segments,
    )


def _program(words: Any) -> dict[str, Any]:
    context = _runs.make_context(words, b"")
    return {
        "entry": context.entry,
        "code_first": context.code_first,
        "code_end": context.code_end,
        "pages": [[page, content] for page, content in _runs.image_pages(words).items()],
    }


def _reexecution(name: str, comment: str, run: Run, requirements: list[str]) -> Case:
    given = {"claim": encode_object(run.claim), "program": _program(run.words), "input": run.given}
    return valid(f"claim-reexecute-{name}", comment, requirements, given, work.reexecution(render(given)))
