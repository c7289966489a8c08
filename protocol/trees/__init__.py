"""Merkle trees of a fixed height: the shared algorithms (`merkle`), memory (`memory`) and traces (`trace`)."""
