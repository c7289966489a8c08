"""Vectors for trees: roots and proofs of small trees, all named mutations of proofs, memory and traces."""

from __future__ import annotations

from .. import VectorFile
from . import memory, mutations, proofs, traces


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        proofs.roots(),
        proofs.constants(),
        proofs.prove(),
        proofs.verify(),
        mutations.verify(),
        memory.pages(),
        memory.roots(),
        memory.joins(),
        traces.shapes(),
        traces.roots(),
    ]
