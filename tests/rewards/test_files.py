"""Files of epochs and packed lists at their edges: every form of a length, every cut, pages, counts, large amounts."""

from __future__ import annotations

from typing import Any

import pytest

from support.epochs import account, claim, epoch, parameters, unit, verdict
from tracework.protocol.encoding import cbor
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.errors import DecodeError, ProtocolError, SchemaError, SemanticError
from tracework.protocol.rewards import epoch as module
from tracework.protocol.rewards.epoch import Page, decode_epoch, encode_epoch, split_sequence
from tracework.protocol.rewards.records import RecordType, pack, unpack
from tracework.protocol.rewards.settle import settle
from tracework.protocol.rewards.settlement import (
    AccountChange,
    AsideEntry,
    PayoutEntry,
    ReasonEntry,
    Settlement,
    Totals,
    pack_asides,
    pack_changes,
    pack_entries,
    pack_payouts,
)
from tracework.protocol.rewards.standard import StandardRule

LENGTHS = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 70_000]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_byte_string_of_every_form_of_length(length: int) -> None:
    content = bytes(range(1, 8)) * 10_000
    string = cbor.encode(content[:length])
    assert [bytes(part) for part in split_sequence(string + b"\x41x" + string)] == [
        content[:length],
        b"x",
        content[:length],
    ]
    for cut in {1, len(string) - length - 1, len(string) - length, len(string) - 1} - {0, len(string)}:
        with pytest.raises(DecodeError, match=r"ends inside a byte string \(at byte 2\) \[decode/truncated, STL-008\]"):
            list(split_sequence(b"\x41x" + string[:cut]))


@pytest.mark.parametrize(
    "head",
    [b"\x58\x17", b"\x58\x00", b"\x59\x00\xff", b"\x59\x00\x18", b"\x5a\x00\x00\xff\xff", b"\x5a\x00\x00\x00\x00"],
)
def test_a_length_that_would_be_shorter(head: bytes) -> None:
    with pytest.raises(DecodeError, match="non-minimal"):
        list(split_sequence(head + bytes(70_000)))


@pytest.mark.parametrize("head", [0x3F, 0x5B, 0x5F, 0x60, 0x00, 0xFF])
def test_what_is_no_byte_string(head: int) -> None:
    with pytest.raises(DecodeError, match=r"not a byte string \(at byte 2\) \[decode/forbidden-type"):
        list(split_sequence(b"\x41x" + bytes([head]) + bytes(100)))


def test_a_file_of_nothing() -> None:
    with pytest.raises(DecodeError, match="truncated"):
        decode_epoch(b"")


def test_parameters_stand_second_or_nowhere() -> None:
    first, second, *pages = (cbor.decode(part) for part in encode_epoch(epoch(unit()), parameters()))
    with pytest.raises(SchemaError, match="unknown-kind"):
        decode_epoch(b"".join(map(cbor.encode, [first, *pages, second])))


def test_records_of_several_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    made = epoch(*(unit(n) for n in range(5)), *(claim(n, unit=n) for n in range(5)), verdict()).canonical()
    monkeypatch.setattr(module, "PAGE_BYTES", 250)
    objects = [cbor.decode(part) for part in encode_epoch(made, parameters())]
    # An account has 84 bytes, a unit 83, a claim 86, a verdict 66: two or three to a page.
    assert len(objects) == 2 + 4 + 2 + 3 + 1
    assert decode_epoch(b"".join(map(cbor.encode, objects))) == (made, parameters())


def test_a_file_of_twice_as_many_records_as_there_may_be_and_one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RECORDS", 10)
    made = epoch(unit(), claim()).canonical()  # with eight accounts, ten records
    raw = b"".join(encode_epoch(made, parameters()))
    again = [cbor.encode(encode_object(Page(type=RecordType.CLAIM, data=b"".join(pack(RecordType.CLAIM, [claim()])))))]
    assert decode_epoch(raw + b"".join(again * 10))[0] == made
    with pytest.raises(
        SemanticError, match=r"more records than an epoch has \(at claim\) \[semantic/too-many-records, STL-007\]"
    ):
        decode_epoch(raw + b"".join(again * 11))


def test_as_many_accounts_and_records_as_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ACCOUNTS", 8)
    monkeypatch.setattr(module, "MAX_RECORDS", 10)
    assert epoch(unit(), unit(1)).manifest.sets[0].count == 8
    for more in (epoch(unit(), unit(1), unit(2)), epoch(accounts_count=9)):
        with pytest.raises(SemanticError, match="too-many-records"):
            more.canonical()


def test_the_largest_and_the_smallest_of_every_list() -> None:
    most, stake = (1 << 128) - 1, (1 << 96) - 1
    entries = [ReasonEntry(0, 1, 1), ReasonEntry(0, 8, (1 << 64) - 1), ReasonEntry((1 << 17) - 1, 5, most)]
    payouts = [PayoutEntry(bytes(20), 1 << 64), PayoutEntry(b"\xff" * 20, most)]
    changes = [AccountChange(0, 1 << 64, 0), AccountChange(7, stake, (1 << 32) - 1), AccountChange(8, 1, 3)]
    asides = [AsideEntry(1, 0, 1), AsideEntry(9, (1 << 22) - 1, 18)]
    totals = Totals(escrow=most, emission=0, slashes=0, payouts=0, burn=most - 256, treasury=0, refunds=256)
    made = Settlement(
        network="testnet",
        number=1,
        epoch=bytes(32),
        claimable=2,
        totals=totals,
        entries=pack_entries(entries),
        beneficiaries=pack_payouts(payouts),
        payouts=pack_payouts(payouts[1:]),
        changes=pack_changes(changes),
        asides=pack_asides(asides),
    )
    assert (made.by_reason(), made.changed(), made.set_aside()) == (entries, changes, asides)
    assert (made.by_beneficiary(), made.by_address()) == (payouts, payouts[1:])
    assert decode_object(Settlement, encode_object(made)) == made


@pytest.mark.parametrize("stake", [0, 1, (1 << 64) - 1, 1 << 64, (1 << 96) - 1])
def test_amounts_of_any_size_are_packed(stake: int) -> None:
    made = [account(0, stake, 5), account(1, stake, (1 << 32) - 1)]
    (first, second) = pack(RecordType.ACCOUNT, made)
    assert first[68:80] == stake.to_bytes(12, "big")
    assert unpack(RecordType.ACCOUNT, first + second) == made


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (account(0, 1 << 96), f"stake: {1 << 96} is not in 0..{(1 << 96) - 1} (at account[1].stake)"),
        (account(0, -1), f"stake: -1 is not in 0..{(1 << 96) - 1} (at account[1].stake)"),
        (account(0)._replace(key=bytes(47)), "key: not 48 bytes (at account[1].key)"),
        (
            account(0)._replace(reputation=1 << 32),
            "reputation: 4294967296 is not in 0..4294967295 (at account[1].reputation)",
        ),
    ],
)
def test_what_does_not_fit_is_named(record: Any, sentence: str) -> None:
    with pytest.raises(SchemaError) as raised:
        pack(RecordType.ACCOUNT, [account(1), record])
    assert str(raised.value) == f"{sentence} [schema/out-of-range, STL-005]"


def test_accounts_that_there_are_not() -> None:
    rule = StandardRule(parameters())
    for records in ([unit(requester=8)], [unit(), claim(worker=8)]):
        with pytest.raises(ProtocolError, match="there is no account 8: the epoch has 8"):
            settle(epoch(*records), rule)
    assert settle(epoch(unit(requester=7), claim(worker=7)), rule).totals.escrow == 100_000
