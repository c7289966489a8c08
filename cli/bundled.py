"""What stands where in a bundle, for sentences about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..protocol.encoding.schema import decode_object
from ..protocol.errors import ProtocolError
from ..protocol.work.bundle import Bundle
from ..verifier.verdict import evidence_hash
from . import kinds

_PLACE = re.compile(r"files\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Element:
    """A file in a bundle."""

    place: int
    kind: str | None

    def __str__(self) -> str:
        return f"files[{self.place}] ({kinds.words(self.kind) if self.kind else 'of no kind'})"


class Contents:
    """The files of a bundle by place and by hash; none if the bundle can't be read."""

    def __init__(self, data: bytes) -> None:
        try:
            files = decode_object(Bundle, data).files
        except ProtocolError:
            files = ()
        self.elements = [Element(place, kinds.at_start(file)) for place, file in enumerate(files)]
        self.by_hash = {evidence_hash(file): one for file, one in zip(files, self.elements, strict=True)}

    def place(self, where: str) -> str:
        """A verdict's place, with the kind of the file that it names."""
        match = _PLACE.match(where)
        if match is None or int(match[1]) >= len(self.elements):
            return where
        return f"{self.elements[int(match[1])]}{where[match.end() :]}"
