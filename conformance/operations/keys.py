"""Keys and signatures (spec/keys.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol import keys
from ..values import octets
from . import Operation


def derive(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The key pair that a seed gives, with its proof of possession."""
    secret = keys.derive_secret_key(octets(input["seed"]))
    return {
        "secret": secret.data,
        "public": keys.public_key(secret),
        "possession": keys.prove_possession(secret),
    }


def sign(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """A secret key's signature on an object's id."""
    secret = keys.SecretKey(octets(input["secret"]))
    return {"public": keys.public_key(secret), "signature": keys.sign(secret, octets(input["message"]))}


def validate(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whether bytes are a public key."""
    keys.validate_public_key(octets(input["public"]))
    return {}


def verify(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whether a signature is a key's on an object's id."""
    keys.verify(octets(input["public"]), octets(input["message"]), octets(input["signature"]))
    return {}


def verify_possession(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whether a proof of possession is one for a key."""
    keys.verify_possession(octets(input["public"]), octets(input["possession"]))
    return {}


def aggregate(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The sum of signatures."""
    return {"signature": keys.aggregate([octets(signature) for signature in input["signatures"]])}


def verify_aggregate(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whether a signature is that of several keys on one object's id."""
    publics = [octets(public) for public in input["publics"]]
    keys.verify_aggregate(publics, octets(input["message"]), octets(input["signature"]))
    return {}


def verify_batch(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whether every signature of a batch holds, with the coefficients of the combined check."""
    batch = [
        keys.Signed([octets(public) for public in item["publics"]], octets(item["message"]), octets(item["signature"]))
        for item in input["items"]
    ]
    keys.verify_batch(batch)
    return {"coefficients": keys.coefficients(batch)}


def secret_key_file(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The key pair in a secret key file."""
    held = keys.read_secret_key_file(octets(input["object"]))
    return {"secret": held.secret, "public": held.public}


def identity(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The public key in an identity whose proof holds."""
    shown = keys.read_identity(octets(input["object"]))
    return {"public": shown.public, "possession": shown.possession}


OPERATIONS: dict[str, Operation] = {
    "keys.derive": derive,
    "keys.sign": sign,
    "keys.validate": validate,
    "keys.verify": verify,
    "keys.verify-possession": verify_possession,
    "keys.aggregate": aggregate,
    "keys.verify-aggregate": verify_aggregate,
    "keys.verify-batch": verify_batch,
    "keys.secret-key-file": secret_key_file,
    "keys.identity": identity,
}
