"""Vectors for epochs and settlements: files, every reason for setting a record aside, whole settlements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...protocol.encoding import cbor
from ...protocol.encoding.schema import encode_object
from ...protocol.rewards.epoch import Epoch, Page, encode_epoch, split_sequence
from ...protocol.rewards.records import (
    AccountRecord,
    BeneficiaryRecord,
    CheckRecord,
    ClaimRecord,
    EquivocationRecord,
    RecordType,
    RefutationRecord,
    SilenceRecord,
    UnitRecord,
    VerdictRecord,
    pack,
)
from ...protocol.rewards.settle import settle
from ...protocol.rewards.standard import StandardRule
from ..operations import settlement as operations
from ..values import render
from . import Case, VectorFile, _evidence, invalid, seeded, valid
from .rewards import parameters

NETWORK = "vectors"
CHECKED = "tests/adapters/node, written from spec/ alone; some by hand, line by line (tests/rewards/test_settle.py)"


def files() -> list[VectorFile]:
    """The topic's files."""
    return [_files(), _settlements(), _checks(), *_evidence.files()]


def _name(what: str, number: int) -> bytes:
    return seeded("settlement-settle-plain", f"{what} {number}", 32)


def _accounts(count: int = 6, stake: int = 1_000_000) -> list[AccountRecord]:
    made = [(seeded("settlement-settle-plain", f"key {n}", 48), n) for n in range(count)]
    return [AccountRecord(key, bytes([n + 1]) * 20, stake + n, 10_000 * n) for n, (key, _) in enumerate(sorted(made))]


def _unit(number: int = 0, **changes: Any) -> UnitRecord:
    return UnitRecord(_name("unit", number), 0, 3, 100_000, 50, 1, 14, 8, 10, 1)._replace(**changes)


def _claim(number: int = 0, unit: int = 0, **changes: Any) -> ClaimRecord:
    return ClaimRecord(_name("claim", number), _name("unit", unit), 1, 1000, 10, 1, 2)._replace(**changes)


def _verdict(number: int = 0, way: int = 2, outcome: int = 1) -> VerdictRecord:
    return VerdictRecord(_name("claim", number), way, outcome, _name("evidence", number))


def _check(number: int = 0, **changes: Any) -> CheckRecord:
    return CheckRecord(_name("claim", number), 1, 2, 8, 1, _name("evidence", number))._replace(**changes)


def _refutation(number: int = 0, slot: int = 20, prover: int = 3) -> RefutationRecord:
    return RefutationRecord(_name("claim", number), slot, prover, _name("evidence", 100 + prover))


def _silence(unit: int = 0, worker: int = 1) -> SilenceRecord:
    return SilenceRecord(_name("unit", unit), worker, 2, _name("evidence", 200))


def _equivocation(unit: int = 0, account: int = 1) -> EquivocationRecord:
    return EquivocationRecord(_name("unit", unit), account, _name("evidence", 300))


def _share(unit: int = 0, address: int = 9, share: int = 1000) -> BeneficiaryRecord:
    return BeneficiaryRecord(_name("unit", unit), bytes([address]) * 20, share)


def by_field(records: Iterable[Any]) -> dict[str, list[Any]]:
    """Records of whatever types, under the names of an epoch's fields."""
    fields: dict[str, list[Any]] = {}
    for record in records:
        kind = type(record).__name__.removesuffix("Record").lower()
        fields.setdefault({"beneficiary": "beneficiaries"}.get(kind, kind + "s"), []).append(record)
    return fields


def _epoch(*records: Any, accounts: Sequence[AccountRecord] | None = None, **changes: Any) -> Epoch:
    fields: dict[str, Any] = {"accounts": _accounts() if accounts is None else accounts, **by_field(records)}
    fields |= {"number": 7, "first_slot": 1, "last_slot": 100, "treasury": b"\xee" * 20} | changes
    return Epoch(network=NETWORK, rule=parameters().hash(NETWORK), **fields)


def _file(epoch: Epoch) -> bytes:
    return b"".join(encode_epoch(epoch, parameters()))


def _settlements() -> VectorFile:
    whole = [_unit(), _claim(), _verdict()]

    def case(name: str, comment: str, req: Sequence[str], *records: Any, **changes: Any) -> Case:
        given = {"file": _file(_epoch(*records, **changes))}
        return valid(f"settlement-settle-{name}", comment, req, given, operations.settled(render(given)))

    refuted = [_unit(), _claim(), _verdict(), _refutation()]
    cases = [
        case(
            "plain",
            "A claim accepted by an audit, its audit paid, a beneficiary.",
            [
                "STL-041",
                "STL-044",
                "STL-046",
                "STL-047",
                "STL-048",
                "STL-049",
                "STL-050",
                "STL-052",
                "RWD-007",
                "RWD-033",
            ],
            *whole,
            _check(),
            _share(),
        ),
        case("nothing", "An epoch without records.", ["STL-044"], accounts=[]),
        case(
            "not-accepted",
            "A verdict of not accepted: unpaid, and reputation falls.",
            ["RWD-015", "RWD-061"],
            *whole[:2],
            _verdict(outcome=2),
        ),
        case("unjudged", "No verdict: unpaid, and reputation stays.", ["RWD-015", "RWD-061", "STL-031"], *whole[:2]),
        case("order-of-ways", "An audit decides over a quorum.", ["STL-031"], *whole, _verdict(way=4, outcome=2)),
        case(
            "named",
            "A named worker: paid, but no emission and no reputation.",
            ["RWD-032", "RWD-061"],
            whole[0],
            _claim(assigned=1),
            whole[2],
        ),
        case(
            "not-eligible",
            "A unit that isn't eligible: no emission.",
            ["RWD-032", "RWD-034"],
            _unit(eligible=0),
            *whole[1:],
        ),
        case(
            "faulted",
            "A claim of a run that faulted is paid as any.",
            ["RWD-010"],
            whole[0],
            _claim(status=2),
            whole[2],
        ),
        case(
            "places",
            "Three accepted claims for two places: the two that were committed first.",
            ["STL-033"],
            _unit(places=2),
            *(_claim(n, worker=n + 1, slot=20 - n, assigned=1) for n in range(3)),
            *(_verdict(n) for n in range(3)),
        ),
        case(
            "place-of-false",
            "A claim that isn't accepted doesn't take the place of a later one that is.",
            ["STL-033"],
            _unit(),
            _claim(slot=1, assigned=1),
            _claim(1, worker=4, slot=9, assigned=1),
            _verdict(1),
        ),
        case(
            "checks",
            "Two auditors and an attester; half of the audits were made.",
            ["RWD-017", "RWD-020", "RWD-021", "RWD-022", "RWD-025", "RWD-026", "RWD-033"],
            *whole,
            _check(part=1),
            _check(checker=3, part=2),
            _check(kind=2, checker=4, part=7),
        ),
        case(
            "check-of-false",
            "A check of a refuted claim is paid.",
            ["RWD-020", "RWD-015", "RWD-018"],
            *refuted,
            _check(),
        ),
        case(
            "refuted",
            "A refuted claim: slashed, the bounty to the prover.",
            ["RWD-050", "RWD-052", "RWD-053", "RWD-054", "RWD-062", "STL-015", "STL-031"],
            *refuted,
        ),
        case(
            "earliest",
            "Of three provers the two of the earliest slot, by stake.",
            ["STL-035", "RWD-053"],
            *refuted,
            _refutation(prover=4),
            _refutation(prover=5, slot=21),
        ),
        case(
            "last-slot",
            "A refutation in the slot in which the window closes.",
            ["STL-032"],
            *whole,
            _refutation(slot=50),
        ),
        case(
            "silent",
            "A certified silence costs as much, and pays nobody.",
            ["STL-016", "STL-035", "RWD-054"],
            *whole,
            _silence(),
        ),
        case("silent-unclaimed", "A silence of a worker who has no claim.", ["STL-036"], _unit(), _silence(worker=4)),
        case("once", "Refuted and silent: one offence.", ["STL-035", "RWD-050"], *refuted, _silence()),
        case(
            "stake-shared",
            "Two offences, and a stake that covers one.",
            ["RWD-051"],
            _unit(),
            _unit(1),
            _claim(),
            _claim(1, unit=1),
            _refutation(),
            _refutation(1),
            accounts=_accounts(stake=1000),
        ),
        case(
            "unit-contradiction",
            "Two units of one id that differ, with a claim.",
            ["STL-020", "STL-021", "STL-025", "STL-029"],
            *whole,
            _unit(price=4),
        ),
        case("unit-not-due", "A unit whose window closes in the next epoch.", ["STL-022"], _unit(challenge=101)),
        case(
            "unit-due-first", "A unit whose window closes in the epoch's first slot.", ["STL-022"], _unit(challenge=1)
        ),
        case("unit-due-last", "A unit whose window closes with the epoch.", ["STL-022"], _unit(challenge=100)),
        case(
            "without-unit",
            "Records about a unit that isn't there.",
            ["STL-025"],
            _claim(),
            _share(),
            _silence(),
            _equivocation(),
        ),
        case("share-contradiction", "Two shares for one address.", ["STL-023"], *whole, _share(), _share(share=999)),
        case(
            "shares-exceed",
            "Beneficiaries of more than a whole.",
            ["STL-024"],
            *whole,
            _share(),
            _share(address=8, share=9001),
        ),
        case(
            "shares-whole",
            "Beneficiaries of a whole: nothing for the worker.",
            ["STL-024", "RWD-013"],
            *whole,
            _share(),
            _share(address=8, share=9000),
        ),
        case(
            "attestation-not-asked",
            "What a unit doesn't ask for comes off nobody's net.",
            ["RWD-016", "RWD-020"],
            _unit(attestation_whole=0),
            *whole[1:],
        ),
        case(
            "two-units",
            "Two accepted claims of one worker: reputation rises by both.",
            ["RWD-060"],
            *whole,
            _unit(1),
            _claim(1, unit=1),
            _verdict(1),
        ),
        case(
            "ceiling-binds",
            "A rebate of 240 under a ceiling of 100.",
            ["RWD-006", "RWD-036", "RWD-033"],
            *whole,
            _check(),
            number=10,
        ),
        case(
            "ceiling-exact",
            "A rebate of 100 under a ceiling of 100.",
            ["RWD-006", "RWD-036"],
            _unit(price=5),
            _claim(steps=250),
            whole[2],
            number=10,
        ),
        case(
            "claim-contradiction",
            "Two records of one claim that differ.",
            ["STL-026", "STL-029"],
            *whole,
            _claim(steps=9),
        ),
        case(
            "not-assigned",
            "A claim by somebody who was neither named nor drawn.",
            ["STL-027", "STL-029"],
            whole[0],
            _claim(assigned=0),
            whole[2],
        ),
        case(
            "second-claim",
            "Two claims by one worker: neither is paid, and the false one is slashed.",
            ["STL-028", "RWD-061"],
            *whole,
            _claim(1),
            _verdict(1),
            _refutation(1),
            _check(),
        ),
        case(
            "equivocated",
            "An equivocation: the claim is unpaid, the reputation lost.",
            ["STL-017", "STL-028", "RWD-062"],
            *whole,
            _equivocation(),
        ),
        case(
            "without-claim",
            "Records about a claim that isn't there.",
            ["STL-029"],
            _unit(),
            _verdict(),
            _check(),
            _refutation(),
        ),
        case(
            "way-not-asked",
            "A quorum where only an audit was asked for.",
            ["STL-030"],
            _unit(ways=2),
            _claim(),
            _verdict(way=4),
        ),
        case(
            "reexecution",
            "Re-execution is a way under every policy.",
            ["STL-030"],
            _unit(ways=0),
            _claim(),
            _verdict(way=1),
        ),
        case("verdict-contradiction", "An audit with two outcomes.", ["STL-030"], *whole, _verdict(outcome=2)),
        case("check-contradiction", "A check with two parts.", ["STL-034"], *whole, _check(), _check(part=7)),
        case("not-proven", "A check that wasn't proven.", ["STL-034"], *whole, _check(proven=0)),
        case("own-check", "A worker's check of its own claim.", ["STL-034"], *whole, _check(checker=1)),
        case(
            "check-not-asked",
            "An audit that the unit doesn't ask for.",
            ["STL-034"],
            _unit(audit_whole=0),
            *whole[1:],
            _check(),
        ),
        case(
            "check-equivocated",
            "A check by who contradicted itself about the unit.",
            ["STL-034", "RWD-062"],
            *whole,
            _check(),
            _equivocation(account=2),
        ),
        case("late", "A refutation after the window.", ["STL-032"], *whole, _refutation(slot=51)),
    ]
    return VectorFile(
        name="settle",
        op="settlement.settle",
        title="Settlements under the standard rule",
        checked_by=CHECKED,
        cases=cases,
    )


def _objects(epoch: Epoch) -> list[bytes]:
    return [bytes(part) for part in split_sequence(_file(epoch))]


def _joined(objects: Sequence[bytes]) -> bytes:
    return b"".join(map(cbor.encode, objects))


def _page(kind: RecordType, data: bytes) -> bytes:
    return encode_object(Page(type=kind, data=data))


def _files() -> VectorFile:
    epoch = _epoch(_unit(), _unit(1), _claim(), _verdict())
    objects = _objects(epoch)
    manifest = cbor.decode(objects[0])
    assert isinstance(manifest, dict)
    units = pack(RecordType.UNIT, [_unit(1), _unit(), _unit(1)])
    shuffled = [*objects[:2], *(_page(RecordType.UNIT, part) for part in units), *objects[:1:-1]]

    def case(name: str, comment: str, req: Sequence[str], file: bytes) -> Case:
        given = {"file": file}
        return valid(f"settlement-epoch-{name}", comment, req, given, operations.epoch(render(given)))

    def bad(name: str, comment: str, req: str, error: str, file: bytes) -> Case:
        return invalid(f"settlement-epoch-{name}", comment, [req], {"file": file}, error)

    def page(kind: RecordType, data: bytes) -> bytes:
        return _joined([*objects[:2], _page(kind, data)])

    def unit(at: int, content: bytes) -> bytes:
        packed = pack(RecordType.UNIT, [_unit()])[0]
        return page(RecordType.UNIT, packed[:at] + content + packed[at + len(content) :])

    raw = _file(epoch)
    swapped = cbor.encode(manifest | {4: 101})
    requester = _joined([*objects, _page(RecordType.UNIT, pack(RecordType.UNIT, [_unit(requester=6)])[0])])
    again = _accounts()[0]._replace(stake=5)
    twice = _joined([*objects, _page(RecordType.ACCOUNT, pack(RecordType.ACCOUNT, [again])[0])])
    cases = [
        case(
            "plain", "Six accounts, two units, a claim, a verdict.", ["STL-001", "STL-002", "STL-003", "STL-008"], raw
        ),
        case(
            "shuffled",
            "The same records in other pages and orders, some twice: the same epoch.",
            ["STL-003", "STL-041"],
            _joined(shuffled),
        ),
        bad("item", "An array instead of a byte string.", "STL-008", "decode/forbidden-type", b"\x80" + raw),
        bad("cut", "A file that ends inside a page.", "STL-008", "decode/truncated", raw[:-1]),
        bad("long-length", "A length that isn't in its shortest form.", "STL-008", "decode/non-minimal", b"\x58\x01a"),
        bad("slots", "An epoch that ends before it begins.", "STL-002", "semantic/slot-order", _joined([swapped])),
        bad(
            "width",
            "A page that ends inside a record.",
            "STL-004",
            "schema/wrong-length",
            page(RecordType.CLAIM, bytes(5)),
        ),
        bad("places", "A unit without places.", "STL-005", "schema/out-of-range", unit(64, b"\0")),
        bad("ways", "A way that there isn't.", "STL-005", "schema/out-of-range", unit(65, b"\x10")),
        bad("accounts", "One key with two stakes.", "STL-010", "semantic/account-order", twice),
        bad("account", "A requester that isn't there.", "STL-006", "semantic/unknown-account", requester),
        bad(
            "missing",
            "A record that the manifest counts is not there.",
            "STL-009",
            "crypto/records-mismatch",
            _joined(objects[:-1]),
        ),
        bad(
            "parameters",
            "Parameters that the epoch doesn't name.",
            "STL-009",
            "crypto/parameters-mismatch",
            _joined([objects[0], encode_object(parameters(burn=1)), *objects[2:]]),
        ),
        bad(
            "too-many",
            "A manifest of more records than an epoch has.",
            "STL-007",
            "semantic/too-many-records",
            _joined([_counted(manifest)]),
        ),
    ]
    return VectorFile(
        name="epoch",
        op="settlement.epoch",
        title="Files of epochs",
        checked_by="tests/adapters/node, written from spec/ alone",
        cases=cases,
    )


def _counted(manifest: dict[Any, Any]) -> bytes:
    sets = [dict(part) for part in manifest[8]]
    sets[1][0] = 1 << 22
    return cbor.encode(manifest | {8: sets})


def _checks() -> VectorFile:
    epoch = _epoch(_unit(), _claim(), _verdict())
    made = settle(epoch, StandardRule(parameters()))
    item = cbor.decode(encode_object(made))
    assert isinstance(item, dict)

    def bad(name: str, comment: str, req: str, error: str, changes: dict[int, Any], **given: bytes) -> Case:
        fields = {"file": _file(epoch), "settlement": cbor.encode(item | changes)} | given
        req_ids = [req, "ENC-030"] if req == "STL-050" else [req]
        return invalid(f"settlement-check-{name}", comment, req_ids, fields, error)

    totals = item[6]
    assert isinstance(totals, dict)
    given = {"file": _file(epoch), "settlement": encode_object(made)}
    cases = [
        valid("settlement-check-plain", "The epoch's settlement.", ["STL-053"], given, operations.check(render(given))),
        bad("claimable", "Claimable one slot earlier.", "STL-053", "crypto/settlement-mismatch", {5: 100}),
        bad(
            "not-conserved",
            "One base unit more is burnt than goes in.",
            "STL-044",
            "semantic/not-conserved",
            {6: totals | {4: b"\2\x01"}},
        ),
        bad("zero", "A sum with a leading zero byte.", "STL-051", "schema/bad-form", {6: totals | {4: b"\0\x01"}}),
        bad("long", "A sum of 17 bytes.", "STL-051", "schema/wrong-length", {6: totals | {4: b"\1" * 17}}),
        bad("number", "A sum as an integer.", "STL-051", "schema/wrong-type", {6: totals | {4: 5}}),
        bad("list", "A list that ends inside an entry.", "STL-050", "schema/wrong-length", {9: b"\1"}),
    ]
    return VectorFile(
        name="check",
        op="settlement.check",
        title="Whether a settlement is an epoch's",
        checked_by="tests/adapters/node, written from spec/ alone",
        cases=cases,
    )
