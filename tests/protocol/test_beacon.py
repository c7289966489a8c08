"""Beacons by both backends, and the randomness that drand itself publishes for its rounds."""

from __future__ import annotations

import pytest

from tracework.conformance.generate.beacon import quicknet
from tracework.protocol import keys
from tracework.protocol.beacon import check_beacon
from tracework.protocol.errors import CryptoError


def test_the_randomness_is_what_drand_publishes() -> None:
    published = "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd"
    assert check_beacon(quicknet(1000)).hex() == published


def test_the_readable_backend_agrees() -> None:
    backend = keys.py_ecc()
    assert check_beacon(quicknet(1003), backend=backend) == check_beacon(quicknet(1003))
    with pytest.raises(CryptoError) as caught:
        check_beacon(quicknet(1003).replace(round=1004), backend=backend)
    assert caught.value.code == "bad-signature"
