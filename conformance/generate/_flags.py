"""The flags that cases carry: what a case is about, so that a failure tells what kind of fault to look for."""

from __future__ import annotations

from typing import NamedTuple


class Flag(NamedTuple):
    """What a flag says about the cases that carry it. `kind` becomes the member `class` of the vector file."""

    kind: str
    description: str
    effect: str


FLAGS: dict[str, Flag] = {
    "Boundary": Flag(
        "boundary",
        "A size, index or value at an end of its range, or one off it.",
        "An implementation that is off by one rejects good evidence or accepts bad evidence.",
    ),
    "NonCanonical": Flag(
        "malformed",
        "Another encoding of something that has a canonical one.",
        "Two encodings of one object have two ids: signatures and lookups part ways.",
    ),
    "OutsideProfile": Flag(
        "malformed",
        "Well-formed CBOR that the profile leaves out.",
        "Implementations on general CBOR libraries read what others reject.",
    ),
    "Truncated": Flag(
        "malformed",
        "The bytes end early.",
        "A reader past the end, or a half-read object that passes as whole.",
    ),
    "TrailingBytes": Flag(
        "malformed",
        "Bytes follow the object.",
        "Unsigned bytes travel with a signed object, and one object has many encodings.",
    ),
    "ResourceLimit": Flag(
        "resource",
        "A limit of the protocol, reached or passed.",
        "Implementations differ in what they can read, and a small message can exhaust one.",
    ),
    "ProofMutation": Flag(
        "forgery",
        "A good proof with one named change.",
        "A false statement about a tree's content passes as proven.",
    ),
    "WrongDomain": Flag(
        "forgery",
        "A value that is right in another domain, network or kind.",
        "One kind of object passes as another.",
    ),
    "ZeroDigest": Flag(
        "forgery",
        "A digest of all zeros where a digest stands.",
        "An all-zero digest read as 'absent' once froze a peer's tournament.",
    ),
    "PeerDivergence": Flag(
        "divergence",
        "A point on which existing systems differ from each other or from their own texts.",
        "Two implementations reach two results on one input.",
    ),
}
"""Flag name to meaning. A topic that needs a new flag adds it here."""
