"""Merkle trees against the recursive definition, and every named corruption of their proofs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from tracework.protocol.errors import CryptoError, ProtocolError, SemanticError
from tracework.protocol.hashing import DIGEST_SIZE, KEYS, TRACE_NODE
from tracework.protocol.trees import memory, merkle, trace
from tracework.protocol.trees.memory import PAGE_SIZE, MemoryTree
from tracework.protocol.trees.trace import TraceTree

HEIGHT = 4


def definition(leaves: list[bytes]) -> bytes:
    """The root of 2^h leaves, by recursion and with nothing of the code under test."""
    if len(leaves) == 1:
        return leaves[0]
    half = len(leaves) // 2
    return blake3(definition(leaves[:half]) + definition(leaves[half:]), key=KEYS[TRACE_NODE]).digest()


def digests(count: int) -> list[bytes]:
    return [blake3(bytes([index])).digest() for index in range(count)]


@pytest.mark.parametrize("count", range(1, 17))
def test_a_trace_tree_is_the_definition_with_its_last_leaf_repeated(count: int) -> None:
    leaves = digests(count)
    tree = TraceTree(leaves, HEIGHT)
    padded = leaves + [leaves[-1]] * (16 - count)
    assert tree.root == definition(padded)
    for index in range(16):
        assert tree.node(0, index) == padded[index]
        trace.verify_leaves(tree.root, HEIGHT, {index: padded[index]}, tree.proof([index]))


INDEX_SETS = st.sets(st.integers(0, 15), min_size=1).map(sorted)


@given(st.integers(1, 16), INDEX_SETS)
def test_every_set_of_leaves_can_be_proven_and_with_no_more_digests_than_paths(count: int, indices: list[int]) -> None:
    tree = TraceTree(digests(count), HEIGHT)
    siblings = tree.proof(indices)
    assert len(siblings) <= len(indices) * HEIGHT * DIGEST_SIZE
    trace.verify_leaves(tree.root, HEIGHT, {index: tree.node(0, index) for index in indices}, siblings)


@given(INDEX_SETS, st.data())
def test_any_changed_bit_of_leaves_or_siblings_is_rejected(indices: list[int], data: st.DataObject) -> None:
    tree = TraceTree(digests(11), HEIGHT)
    siblings = bytearray(tree.proof(indices))
    leaves = {index: tree.node(0, index) for index in indices}
    bit = data.draw(st.integers(0, 8 * (len(siblings) + DIGEST_SIZE * len(leaves)) - 1))
    at, mask = bit // 8, 1 << bit % 8
    if at < len(siblings):
        siblings[at] ^= mask
    else:
        index = indices[(at - len(siblings)) // DIGEST_SIZE]
        changed = bytearray(leaves[index])
        changed[(at - len(siblings)) % DIGEST_SIZE] ^= mask
        leaves[index] = bytes(changed)
    with pytest.raises(CryptoError) as caught:
        trace.verify_leaves(tree.root, HEIGHT, leaves, bytes(siblings))
    assert caught.value.code == "root-mismatch"


LEAVES = digests(11)
TREE = TraceTree(LEAVES, HEIGHT)
PROOF = TREE.proof([4, 5])
PAIR = {4: LEAVES[4], 5: LEAVES[5]}
Corruption = Callable[[], tuple[int, dict[int, bytes], bytes]]
CORRUPTIONS: dict[str, tuple[Corruption, str]] = {
    "wrong index": (lambda: (HEIGHT, {6: LEAVES[4], 7: LEAVES[5]}, PROOF), "root-mismatch"),
    "index outside": (lambda: (HEIGHT, {20: LEAVES[4], 21: LEAVES[5]}, PROOF), "index-range"),
    "index order": (lambda: (HEIGHT, {5: LEAVES[5], 4: LEAVES[4]}, PROOF), "index-order"),
    "tree one level higher": (lambda: (HEIGHT + 1, PAIR, PROOF), "path-length"),
    "tree one level lower": (lambda: (HEIGHT - 1, PAIR, PROOF), "path-length"),
    "missing digest": (lambda: (HEIGHT, PAIR, PROOF[:-DIGEST_SIZE]), "path-length"),
    "extra digest": (lambda: (HEIGHT, PAIR, PROOF + bytes(DIGEST_SIZE)), "path-length"),
    "truncated": (lambda: (HEIGHT, PAIR, PROOF[:-1]), "path-length"),
    "trailing byte": (lambda: (HEIGHT, PAIR, PROOF + b"\0"), "path-length"),
    "swapped siblings": (
        lambda: (HEIGHT, PAIR, PROOF[DIGEST_SIZE : 2 * DIGEST_SIZE] + PROOF[:DIGEST_SIZE] + PROOF[2 * DIGEST_SIZE :]),
        "root-mismatch",
    ),
    "swapped leaves": (lambda: (HEIGHT, {4: LEAVES[5], 5: LEAVES[4]}, PROOF), "root-mismatch"),
    "zero leaf": (lambda: (HEIGHT, {4: bytes(32), 5: LEAVES[5]}, PROOF), "root-mismatch"),
    "zero sibling": (lambda: (HEIGHT, PAIR, bytes(32) + PROOF[32:]), "root-mismatch"),
    "node as a leaf": (lambda: (HEIGHT - 1, {2: TREE.node(1, 2)}, PROOF), "root-mismatch"),
    "node one level down": (lambda: (HEIGHT, PAIR, PROOF[:-32] + TREE.node(2, 2)), "root-mismatch"),
    "no leaves": (lambda: (HEIGHT, {}, b""), "no-leaves"),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_named_corruption_of_a_proof_is_rejected_with_its_code(name: str) -> None:
    make, code = CORRUPTIONS[name]
    height, leaves, siblings = make()
    if name == "node as a leaf":
        # A verifier takes the height from the unit: with the tree's own height the same proof is too short.
        merkle.verify_proof(TRACE_NODE, height, TREE.root, leaves, siblings)
        height, code = HEIGHT, "path-length"
    with pytest.raises(ProtocolError) as caught:
        merkle.verify_proof(TRACE_NODE, height, TREE.root, leaves, siblings)
    assert caught.value.code == code


def test_the_good_proof_holds() -> None:
    merkle.verify_proof(TRACE_NODE, HEIGHT, TREE.root, PAIR, PROOF)
    with pytest.raises(CryptoError):
        merkle.verify_proof(TRACE_NODE, HEIGHT, bytes(32), PAIR, PROOF)


@pytest.mark.parametrize(
    ("max_steps", "log2", "height"),
    [
        (1, 4, 1),
        (16, 4, 1),
        (17, 4, 2),
        (48, 4, 2),
        (49, 4, 3),
        (2**24 - 16, 4, 20),
        (2**24 - 15, 4, 21),
        (2**40, 24, 17),
    ],
)
def test_trace_heights(max_steps: int, log2: int, height: int) -> None:
    """TRC-003 at its edges, worked out by hand: a tree of height h has room for 2^h - 1 segments."""
    assert trace.height(max_steps, log2) == height


PAGES = st.dictionaries(st.integers(0, (1 << memory.HEIGHT) - 1), st.binary(min_size=1, max_size=8), max_size=12)


def page(content: bytes) -> bytes:
    return content.ljust(PAGE_SIZE, b"\0")


@given(st.lists(PAGES, min_size=1, max_size=4))
def test_batched_updates_give_the_root_of_the_final_content(batches: list[dict[int, bytes]]) -> None:
    """MEM-007: whatever the batches were, the root is that of a tree made at once of what is there at the end."""
    tree = MemoryTree()
    content: dict[int, bytes] = {}
    for batch in batches:
        tree.update({number: memory.hash_page(page(data)) for number, data in batch.items()})
        content |= batch
    fresh = MemoryTree()
    fresh.update({number: memory.hash_page(page(data)) for number, data in content.items()})
    assert tree.root == fresh.root
    numbers = sorted(content)
    if numbers:
        leaves = {number: memory.hash_page(page(content[number])) for number in numbers}
        memory.verify_pages(tree.root, leaves, tree.proof(numbers))


@given(PAGES)
def test_an_all_zero_page_is_no_page(pages: dict[int, bytes]) -> None:
    tree = MemoryTree()
    tree.update({number: memory.hash_page(page(data)) for number, data in pages.items()})
    tree.update({number: memory.zero_roots()[0] for number in pages})
    assert tree.root == memory.zero_roots()[memory.HEIGHT]


def test_regions_join_to_the_root_of_the_whole() -> None:
    low, given_page, output = page(b"low"), page(b"input"), page(b"output")
    tree = MemoryTree()
    tree.update(
        {
            3: memory.hash_page(low),
            memory.INPUT_FIRST_PAGE: memory.hash_page(given_page),
            memory.OUTPUT_FIRST_PAGE + 5: memory.hash_page(output),
        }
    )
    roots = (
        memory.subtree_root({3: low}, 0, memory.IMAGE_HEIGHT),
        memory.subtree_root({memory.INPUT_FIRST_PAGE: given_page}, memory.INPUT_FIRST_PAGE, memory.REGION_HEIGHT),
        memory.subtree_root({memory.OUTPUT_FIRST_PAGE + 5: output}, memory.OUTPUT_FIRST_PAGE, memory.REGION_HEIGHT),
    )
    assert memory.join_regions(*roots) == tree.root


def test_a_tree_of_no_leaves_and_of_too_many_is_refused() -> None:
    for count in (0, 17):
        with pytest.raises(ValueError, match="don't fit"):
            TraceTree([bytes(32)] * count, HEIGHT)


def test_indices_are_checked_before_a_proof_is_made() -> None:
    for indices in ([1, 1], [2, 1], [16]):
        with pytest.raises(SemanticError):
            TREE.proof(indices)
