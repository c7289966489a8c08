"""Objects signed anew after a change, by the keys of the vectors: what a dishonest signer would have signed."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from tracework.conformance.generate import _epoch_files, _many, _runs
from tracework.protocol import hashing, keys
from tracework.protocol.encoding import cbor
from tracework.protocol.keys import SecretKey

FORMS: Mapping[str, tuple[int, int, int]] = {
    "unit": (2, 1, 3),
    "commit": (2, 2, 3),
    "request": (2, 3, 3),
    "check": (2, 3, 3),
    "dispute": (2, 3, 3),
    "move": (2, 2, 3),
    "fault-commit": (2, 2, 3),
    "claim": (3, 1, 4),
    "opaque-claim": (3, 1, 4),
    "reveal": (2, 1, 5),
    "opaque-reveal": (2, 1, 4),
}
"""By kind: where the body is, where in it its signer's key, and where the signature. Of a reveal the claim is named."""


@functools.cache
def secrets() -> dict[bytes, SecretKey]:
    """The keys of the vectors' workers, requester, auditors and provers, by their public halves."""
    names = ["worker", "copycat", "stranger", "prover", *(f"replica-{index}" for index in range(12))]
    made = {_many.public(name): _many.secret(name) for name in names}
    made |= {public: _many.secret(name) for public, name in _epoch_files.names().items()}
    return made | {keys.public_key(_runs.requester()): _runs.requester()}


def resigned(file: bytes) -> bytes:
    """A file whose objects are signed anew, the inner ones first, wherever a key of the vectors signs them."""
    item: Any = cbor.decode(file)
    _sign_all(item)
    return cbor.encode(item)


def _sign_all(item: Any) -> None:
    for inner in item.values() if isinstance(item, dict) else item if isinstance(item, list) else ():
        _sign_all(inner)
    if isinstance(item, dict):
        try:
            _sign(item)
        except (LookupError, TypeError, AttributeError):
            return  # No object any more, or one whose parts have other types: nobody signs it.


def _sign(item: dict[int, Any]) -> None:
    kind = item[0].removeprefix("tracework/") if isinstance(item[0], str) else "signed-claim"
    body_at, signer_at, signature_at = (1, 1, 2) if kind == "signed-claim" else FORMS[kind]
    if kind.endswith("reveal"):
        body = {key: value for key, value in item.items() if key != signature_at}
        network, signer = item[2][2][2][0], item[2][3][signer_at]
    else:
        body = item[body_at]
        network, signer = body[0], body[signer_at]
    if kind in ("claim", "opaque-claim", "signed-claim"):
        unit = item[0 if kind == "signed-claim" else 2][2]
        network = unit[0]
        body[0] = _id("unit", network, unit)
    domain = {"signed-claim": "claim", "opaque-reveal": "reveal"}.get(kind, kind)
    secret = secrets().get(signer)
    if secret is not None:
        item[signature_at] = keys.sign(secret, _id(domain, network, body))


def _id(domain: str, network: str, body: Any) -> bytes:
    """The id that a signer of these vectors signs (HSH-006)."""
    name = getattr(hashing, domain.upper().replace("-", "_"))
    return hashing.digest(name, hashing.digest(hashing.NETWORK, network.encode()) + cbor.encode(body))
