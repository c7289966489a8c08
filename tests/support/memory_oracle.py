"""Roots of the memory tree the slow and obvious way: what the sparse and the streaming ones are held to."""

from __future__ import annotations

from collections.abc import Mapping

from blake3 import blake3

PAGE = 4096


def _key(domain: str) -> bytes:
    return blake3(b"", derive_key_context="tracework 2026-11 v1 " + domain).digest()


PAGE_KEY, NODE_KEY = _key("page"), _key("memory-node")


def subtree(pages: Mapping[int, bytes], first: int, height: int, known: dict[int, bytes] | None = None) -> bytes:
    """Root over 2^height pages from page `first` on, missing ones zero: recursive, from the definition."""
    known = {} if known is None else known
    empty = not any(first <= number < first + (1 << height) for number in pages)
    if empty and height in known:
        return known[height]
    if height == 0:
        root = blake3(pages.get(first, bytes(PAGE)), key=PAGE_KEY).digest()
    else:
        left = subtree(pages, first, height - 1, known)
        right = subtree(pages, first + (1 << height - 1), height - 1, known)
        root = blake3(left + right, key=NODE_KEY).digest()
    if empty:
        known[height] = root
    return root


def paged(content: Mapping[int, bytes]) -> dict[int, bytes]:
    """Pages from runs of bytes (address to bytes), those that are all zero left out."""
    pages: dict[int, bytearray] = {}
    for address, data in content.items():
        for offset, byte in enumerate(data):
            number, place = divmod(address + offset, PAGE)
            pages.setdefault(number, bytearray(PAGE))[place] = byte
    return {number: bytes(page) for number, page in sorted(pages.items()) if any(page)}
