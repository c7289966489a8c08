"""Shares and aggregates: the same bytes from every order and repetition, and a reason for each refusal."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.committees import NETWORK, committee, member_secrets, public
from tracework.protocol import keys
from tracework.protocol.committee.signing import check_aggregate, check_threshold, pack_signers, unpack_signers
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.errors import CryptoError, PolicyError, ProtocolError
from tracework.protocol.work.receipt import (
    Receipt,
    ReceiptBody,
    ReceiptShare,
    Subject,
    combine_receipt,
    drawing_round,
    sign_receipt,
    slot_of,
)

SEVEN = committee()
BODY = ReceiptBody(
    network=NETWORK,
    committee=SEVEN.hash,
    unit=bytes(32),
    party=public("worker"),
    subject=b"\1" * 32,
    slot=9,
    kind=Subject.COMMIT,
)
SHARES = [sign_receipt(BODY, SEVEN, secret) for secret in member_secrets()]


@settings(max_examples=30)
@given(st.lists(st.sampled_from(range(7)), min_size=1, max_size=10), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(picks: list[int], chance: random.Random) -> None:
    made = combine_receipt([SHARES[pick] for pick in picks], SEVEN)
    chance.shuffle(picks)
    assert encode_object(combine_receipt([SHARES[pick] for pick in [*picks, picks[0]]], SEVEN)) == encode_object(made)
    assert check_aggregate(made, SEVEN) == sorted(set(picks))
    assert decode_object(Receipt, encode_object(made)) == made


def test_one_share_is_its_own_aggregate() -> None:
    made = combine_receipt(SHARES[2:3], SEVEN)
    assert (made.signature, made.signers) == (SHARES[2].signature, b"\x04")


def refusal(shares: list[ReceiptShare]) -> tuple[str, str, str]:
    with pytest.raises(ProtocolError) as caught:
        combine_receipt(shares, SEVEN)
    return caught.value.code, caught.value.requirement, caught.value.where


def test_refusals_name_the_share() -> None:
    other = sign_receipt(BODY.replace(slot=10), SEVEN, member_secrets()[1])
    forged = SHARES[3].replace(signature=SHARES[4].signature)
    assert refusal([]) == ("empty-signer-set", "ATT-031", "shares")
    assert refusal([SHARES[0], SHARES[2], forged]) == ("bad-signature", "KEY-041", "shares[2].signature")
    assert refusal([SHARES[3], forged]) == ("bad-signature", "KEY-041", "shares[1].signature")
    assert refusal([forged, SHARES[3]]) == ("bad-signature", "KEY-041", "shares[0].signature")
    assert refusal([SHARES[0], other])[:2] == ("mixed-bodies", "ATT-032")
    assert refusal([SHARES[0].replace(member=7)]) == ("not-a-member", "ATT-016", "shares[0].member")


def test_signing_for_others_is_refused() -> None:
    with pytest.raises(CryptoError, match="not-a-member"):
        sign_receipt(BODY, SEVEN, keys.derive_secret_key(bytes(32)))
    with pytest.raises(CryptoError, match="committee-mismatch"):
        sign_receipt(BODY, committee(6), member_secrets()[0])
    with pytest.raises(CryptoError, match="network-mismatch"):
        sign_receipt(BODY.replace(network="other"), SEVEN, member_secrets()[0])


@given(st.integers(1, 40), st.data())
def test_bitfields(size: int, data: st.DataObject) -> None:
    members = sorted(data.draw(st.sets(st.integers(0, size - 1))))
    field = pack_signers(members, size)
    assert len(field) == -(-size // 8) and unpack_signers(field, size) == members
    for wrong in (field + b"\0", field[:-1]):
        with pytest.raises(CryptoError, match="bitfield-length"):
            unpack_signers(wrong, size)
    if size % 8:
        with pytest.raises(CryptoError, match="bitfield-padding"):
            unpack_signers(field[:-1] + bytes([field[-1] | 0x80]), size)


def test_thresholds_are_over_half() -> None:
    assert SEVEN.total == 28
    for threshold in (14, 29):
        with pytest.raises(PolicyError, match="bad-threshold"):
            check_threshold(28, threshold, SEVEN)
    check_threshold(15, 15, SEVEN)
    with pytest.raises(PolicyError, match="below-threshold"):
        check_threshold(14, 15, SEVEN)


def test_slots() -> None:
    assert [slot_of(round) for round in (1, 10, 11, 20, 21)] == [0, 0, 1, 1, 2]
    assert (drawing_round(0, 0), drawing_round(5, 2)) == (10, 80)
    assert slot_of(drawing_round(5, 2)) == 7
