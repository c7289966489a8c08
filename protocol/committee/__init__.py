"""Committees: ordered, weighted snapshots of members, and what they sign together (spec/attestation.md).

`snapshot` is the committee, `signing` the one mechanism for everything that members sign: a share by each, an aggregate
with a bitfield of all.
"""
