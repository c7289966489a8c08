"""Vectors for evidence of equivocation: each thing that can be signed twice, and pairs that only look like it."""

from __future__ import annotations

from typing import Any

from ...protocol import keys
from ...protocol.encoding import cbor
from ...protocol.encoding.schema import encode_object
from ...protocol.work.attestation import Finding
from ...protocol.work.commit import Commit
from ...protocol.work.equivocation import Equivocation, Signable, make_equivocation
from ...protocol.work.receipt import ReceiptBody, ReceiptShare, Subject, sign_receipt
from ..operations import many as operations
from ..values import render
from . import Case, VectorFile, _many, _runs, invalid, seeded, valid
from ._changes import ABSENT, changed, flip
from .attestation import aggregate, share, statement
from .commit import CHECKED

FIRST, SECOND, COMMITTEE = 4, 5, 6
BODY, SIGNERS, SIGNATURE = 0, 1, 2
NAME = "replica-0"


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        VectorFile(
            name="check",
            op="equivocation.check",
            title="Two signatures that exclude each other",
            checked_by=CHECKED,
            cases=[*_good(), *_form_faults(), *_contradiction_faults(), *_crypto_faults()],
        )
    ]


def _commits() -> tuple[Commit, Commit]:
    claim = _many.claim_by(_many.honest_run(), NAME)
    return _many.commit_to(claim, NAME), _many.commit_to(claim, NAME, seeded("equivocation", "blinding", 32))


def _receipt_body(**fields: Any) -> ReceiptBody:
    values: dict[str, Any] = {
        "network": _runs.NETWORK,
        "committee": _many.committee().hash,
        "unit": _many.honest_run().unit.id,
        "party": _many.public(NAME),
        "subject": _commits()[0].id,
        "slot": 90,
        "kind": Subject.COMMIT,
    }
    return ReceiptBody(**(values | fields))


def _receipt_share(position: int, **fields: Any) -> ReceiptShare:
    return sign_receipt(_receipt_body(**fields), _many.committee(), _many.member_key(position))


def _statements(first: list[int], second: list[int]) -> Equivocation:
    claim = _many.claim_by(_many.honest_run(), NAME)
    return make_equivocation(
        aggregate(statement(claim), first),
        aggregate(statement(claim, outcome=Finding.REFUTED), second),
        _many.committee(),
    )


def _case(name: str, comment: str, requirements: list[str], made: Equivocation) -> Case:
    given = {"evidence": encode_object(made)}
    output = operations.equivocation(render(given))
    return valid(f"equivocation-check-{name}", comment, ["EQV-001", *requirements], given, output)


def _bad(name: str, comment: str, requirements: list[str], made: Any, error: str, *flags: str) -> Case:
    given = {"evidence": made if isinstance(made, bytes) else encode_object(made)}
    return invalid(f"equivocation-check-{name}", comment, requirements, given, error, flags=flags)


def _pair(one: Signable, other: Signable) -> Equivocation:
    return make_equivocation(one, other, _many.committee())


def _good() -> list[Case]:
    run, unit = _many.honest_run(), _many.opaque_unit()
    lazy, _ = _many.invented(run, NAME)
    claims = _pair(_many.claim_by(run, NAME), lazy)
    opaque = _pair(_many.opaque_claim_by(unit, NAME), _many.opaque_claim_by(unit, NAME, "other"))
    slots = _pair(_receipt_share(2), _receipt_share(2, slot=91))
    subjects = _pair(_receipt_share(2), _receipt_share(2, subject=_commits()[1].id))
    requests = _pair(_receipt_share(5, kind=Subject.REQUEST), _receipt_share(5, kind=Subject.REQUEST, slot=99))
    claim = _many.claim_by(run, NAME)
    shares = _pair(share(statement(claim), 1), share(statement(claim, outcome=Finding.REFUTED), 1))
    return [
        _case("commits", "Two commits for one unit.", ["EQV-002", "EQV-011", "EQV-015"], _pair(*_commits())),
        _case("claims", "Two claims of one worker on one unit.", ["EQV-007", "EQV-011"], claims),
        _case("opaque-claims", "Two results of one opaque unit.", ["EQV-011"], opaque),
        _case("receipt-slots", "A member's receipts of one commit in two slots.", ["EQV-012", "EQV-013"], slots),
        _case("receipt-subjects", "Receipts of two commits of one worker.", ["EQV-007", "RCP-014"], subjects),
        _case("receipt-requests", "One request receipted in two slots.", ["EQV-007", "RCP-014"], requests),
        _case("statements", "A member who both accepts and refutes.", ["EQV-013", "ATT-046"], shares),
        _case(
            "aggregates",
            "Two aggregates: the members in both are to blame.",
            ["EQV-014", "EQV-015"],
            _statements([0, 1, 2, 4], [2, 3, 4, 6]),
        ),
    ]


def _form_faults() -> list[Case]:
    commits, shares = _pair(*_commits()), _statements([1], [1])
    committee = cbor.decode(encode_object(_many.committee()))

    def exchanged(made: Equivocation) -> bytes:
        item: Any = cbor.decode(encode_object(made))
        item[FIRST], item[SECOND] = item[SECOND], item[FIRST]
        return cbor.encode(item)

    same = changed(commits, [SECOND], cbor.decode(encode_object(commits.first)))
    return [
        _bad("worker-with-committee", "Two commits with a committee.", ["EQV-004"],
             changed(commits, [COMMITTEE], committee), "semantic/equivocation-form"),
        _bad("members-without-committee", "Two statements without the committee.", ["EQV-004"],
             changed(shares, [COMMITTEE], ABSENT), "semantic/equivocation-form"),
        _bad("members-without-bitfield", "One statement without its bitfield.", ["EQV-004"],
             changed(shares, [SECOND, SIGNERS], ABSENT), "semantic/equivocation-form"),
        _bad("exchanged", "The two sides in each other's place.", ["EQV-005"], exchanged(commits),
             "semantic/side-order", "NonCanonical"),
        _bad("same", "One commit twice.", ["EQV-005", "EQV-003"], same, "semantic/side-order"),
        _bad("body-trailing", "A body with a byte after it: another body, and no encoding.", ["EQV-006", "ENC-019"],
             changed(commits, [SECOND], _trailing(commits)), "decode/trailing-bytes", "TrailingBytes"),
        _bad("body-other-kind", "Receipts' bodies as commits.", ["EQV-006", "ENC-030"], _as_commits(),
             "schema/unknown-field", "WrongDomain"),
        _bad("kind-unknown", "A sixth kind.", ["EQV-002", "ENC-030"], changed(commits, [2], 6), "schema/out-of-range"),
    ]  # fmt: skip


def _trailing(commits: Equivocation) -> dict[int, Any]:
    return {0: commits.second.body + b"\0", 2: commits.second.signature}


def _as_commits() -> bytes:
    made = _pair(_receipt_share(2), _receipt_share(2, slot=91))
    item: Any = cbor.decode(encode_object(made))
    item[2] = 3
    del item[FIRST][SIGNERS], item[SECOND][SIGNERS], item[COMMITTEE]
    return cbor.encode(item)


def _forced(one: Any, other: Any, what: int) -> bytes:
    """Evidence of a pair that doesn't exclude itself, as somebody might send it."""
    sides: list[dict[int, Any]] = []
    for signed in sorted((one, other), key=lambda signed: encode_object(signed.body)):
        side: dict[int, Any] = {BODY: encode_object(signed.body), SIGNATURE: signed.signature}
        if hasattr(signed, "member"):
            side[SIGNERS] = bytes([1 << signed.member])
        sides.append(side)
    item: dict[int, Any] = {0: "tracework/equivocation", 1: 1, 2: what, 3: _runs.NETWORK, 4: sides[0], 5: sides[1]}
    if SIGNERS in sides[0]:
        item[COMMITTEE] = cbor.decode(encode_object(_many.committee()))
    return cbor.encode(item)


def _contradiction_faults() -> list[Case]:
    run, other = _many.honest_run(), _many.honest_run("many-5", 5, 3)
    mine = _many.claim_by(run, NAME)
    commit = _commits()[0]
    elsewhere = _many.commit_to(_many.claim_by(other, NAME), NAME)
    stranger = _many.commit_to(_many.claim_by(run, "replica-1"), "replica-1")
    return [
        _bad("two-units", "Commits for two units.", ["EQV-007"], _forced(commit, elsewhere, 3),
             "semantic/no-contradiction"),
        _bad("two-workers", "Commits of two workers.", ["EQV-007"], _forced(commit, stranger, 3),
             "semantic/no-contradiction"),
        _bad("two-requests", "Receipts of two requests to one party: both are allowed.", ["EQV-007", "RCP-014"],
             _forced(_receipt_share(2, kind=Subject.REQUEST),
                     _receipt_share(2, kind=Subject.REQUEST, subject=bytes(32)), 4), "semantic/no-contradiction"),
        _bad("two-checks", "The same outcome by two kinds of check.", ["EQV-007"],
             _forced(share(statement(mine), 1),
                     share(statement(_many.claim_by(run, "replica-1")), 1), 5), "semantic/no-contradiction"),
    ]  # fmt: skip


def _crypto_faults() -> list[Case]:
    first, second = _commits()
    commits, shares = _pair(first, second), _statements([0, 1], [1, 2])
    forged = Commit(body=second.body, signature=keys.sign(_many.secret("replica-1"), second.body.id))
    other_member = changed(shares, [SECOND, SIGNERS], flip(5))
    return [
        _bad("other-network", "Two commits of one network, presented for another.", ["EQV-010"],
             changed(commits, [3], "other"), "crypto/network-mismatch", "WrongDomain"),
        _bad("forged", "The second commit is signed by somebody else.", ["EQV-011", "KEY-041"], _pair(first, forged),
             "crypto/bad-signature", "ProofMutation"),
        _bad("claims-other-network", "Two claims, presented for another network: their ids are others.",
             ["EQV-011", "KEY-041"], changed(_pair(_many.claim_by(_many.honest_run(), NAME),
             _many.invented(_many.honest_run(), NAME)[0]), [3], "other"), "crypto/bad-signature", "WrongDomain"),
        _bad("nobody-in-common", "Two statements by different members.", ["EQV-014"], _statements([0, 1], [2, 3]),
             "crypto/no-common-signer"),
        _bad("added-member", "A member's bit added to frame it.", ["EQV-013", "KEY-041"], other_member,
             "crypto/bad-signature", "ProofMutation"),
        _bad("other-committee", "Beside another committee.", ["EQV-013", "ATT-015"],
             changed(shares, [COMMITTEE], cbor.decode(encode_object(_many.committee(size=6)))),
             "crypto/committee-mismatch"),
        _bad("committee-without-possession", "The committee has a member who proves nothing.", ["EQV-012", "KEY-043"],
             changed(shares, [COMMITTEE, 4, 0, 1], _many.committee().members[1].possession),
             "crypto/bad-proof-of-possession"),
    ]  # fmt: skip
