"""Vectors for segment proofs: good ones, fault proofs, and each named corruption of a good one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...protocol.encoding import cbor
from ...protocol.encoding.schema import encode_object
from ...protocol.hashing import DIGEST_SIZE
from ...protocol.machine.state import Status, state_hash
from ...protocol.trees import memory
from ...protocol.trees.memory import PAGE_SIZE
from ...protocol.work import witness
from ...protocol.work.segment import SegmentProof
from ..operations import work
from ..values import render
from . import Case, VectorFile, _runs, invalid, seeded, valid
from ._changes import flip
from ._runs import Run, retraced
from .claim import CHECKED, INPUT, LEADS_TO, halted

CLAIM, LEAVES, LEAF_SIBLINGS, SEGMENTS = 2, 3, 4, 5
INDEX, PC, REGISTERS, ROOT, PAGES, ZEROS, CONTENT, SIBLINGS = range(8)
MEMORY_PAGES = 1 << memory.HEIGHT
HEAP = 0x20
"""The page that the summing program keeps its sum in."""


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        VectorFile(
            name="segment",
            op="segment.check",
            title="Segment proofs: good, refuting, and corrupted in one place each",
            checked_by=CHECKED,
            cases=[*_good(), *_refuting(), *_witnesses(), *_semantic_faults(), *_crypto_faults()],
        )
    ]


def _case(name: str, comment: str, requirements: list[str], proof: SegmentProof, **options: Any) -> Case:
    given: dict[str, Any] = {"proof": encode_object(proof)}
    return valid(f"segment-{name}", comment, requirements, given, work.segment(render(given)), **options)


def _good() -> list[Case]:
    made = halted()
    shape = ["SEG-001", "SEG-003", "SEG-020", "SEG-022", "SEG-024", "SEG-025"]
    escaped = _runs.run(_runs.escaping(), b"", "segment-escaped")
    faulted = _runs.run(_runs.breaking(), b"", "segment-faulted")
    limited = _runs.run(_runs.looping(), b"", "segment-limited", max_steps=40)
    aligned = _runs.run(_runs.looping(), b"", "segment-aligned", max_steps=32)
    return [
        _case("first", "The first segment, of 16 steps.", [*shape, "TRC-001"], made.proof(0)),
        _case("middle", "A segment between others.", shape, made.proof(2)),
        _case("last", "The last one: it halts, and touches pages that were zero.", [*shape, "SEG-026"], made.proof(3)),
        _case("two-apart", "Two segments that share no boundary.", [*shape, "SEG-002", "SEG-009"], made.proof(0, 2)),
        _case("two-joined", "Two that do: three leaves.", [*shape, "SEG-002"], made.proof(1, 2)),
        _case("all", "Every segment of the claim.", [*shape, "SEG-002"], made.proof(0, 1, 2, 3)),
        _case("faulted", "A breakpoint in the first segment.", shape, faulted.proof(0)),
        _case("limited", "The step limit inside a segment.", shape, limited.proof(2)),
        _case("limit-aligned", "The step limit at a boundary.", shape, aligned.proof(1)),
        _case(
            "no-pages",
            "A segment that begins with a fetch outside the code: it touches no page at all.",
            [*shape, "SEG-023"],
            escaped.proof(1),
        ),
        _case(
            "superset",
            "A witness with one page, all zero, that the segment doesn't touch.",
            ["SEG-008"],
            _with_more_pages(made),
        ),
    ]


def _with_more_pages(made: Run) -> SegmentProof:
    """The first segment's proof with one more page in its witness: that of the heap, which is zero then."""
    first = made.segments[0]
    siblings = _tree_before(made, 0).proof(sorted({*first.pages, HEAP}))
    return made.proof(0).replace(segments=(first.replace(zero_pages=(HEAP,), siblings=siblings),))


def _refuting() -> list[Case]:
    made = halted()
    leaves = list(made.leaves)
    lied = retraced(made, [*leaves[:2], seeded("segment-wrong-leaf", "leaf", 32), *leaves[3:]])
    zeroed = retraced(made, [*leaves[:2], bytes(32), *leaves[3:]])
    swapped = retraced(made, [leaves[0], leaves[1], leaves[3], leaves[2], leaves[4]])
    requirements = ["SEG-025", "SEG-027", "VRD-002", "VRD-007"]
    return [
        _case("wrong-leaf", "The worker's next leaf is invented: a fault proof.", requirements, lied.proof(1)),
        _case("zero-leaf", "The worker's next leaf is zeros: false, and not absent.", requirements, zeroed.proof(1)),
        _case("swapped-leaves", "Two of the worker's leaves have changed places.", requirements, swapped.proof(1)),
        _case(
            "one-of-two",
            "The first of two segments is right, the second refutes.",
            ["SEG-025", "SEG-027", "SEG-031"],
            lied.proof(0, 1),
        ),
        _case(
            "ends-early",
            "A fault in the first segment, and a claim of two segments that repeats the final state.",
            ["SEG-026", "SEG-027"],
            _overlong(),
        ),
    ]


def _overlong() -> SegmentProof:
    """A run that faults in its first segment, claimed as one that went on for a second: a final state is repeated."""
    made = _runs.run(_runs.breaking(), b"", "segment-overlong")
    claim = made.claim
    state = claim.final
    state.steps = 17
    last = state_hash(claim.context.hash, state, claim.final_memory_root)
    longer = retraced_with_steps(made, [made.leaves[0], made.leaves[1], last], 17)
    assert longer.claim.body.status == Status.FAULTED
    return longer.proof(0)


def retraced_with_steps(made: Run, leaves: list[bytes], steps: int) -> Run:
    """The run claimed with another trace and another number of steps."""
    shell = replace(made, claim=_with_steps(made, len(leaves), steps))
    return retraced(shell, leaves)


def _with_steps(made: Run, count: int, steps: int) -> Any:
    return _runs.resign(made.claim, body={"steps": steps, "leaf_count": count})


def _witnesses() -> list[Case]:
    made = halted()
    last = made.segments[3]
    code, given = _runs.CODE_PAGE, memory.INPUT_FIRST_PAGE
    output = memory.OUTPUT_FIRST_PAGE
    cases = []
    for name, comment, missing in (
        ("fetch", "The code page is missing: the very first fetch reaches it.", code),
        ("read", "The input's page is missing: a load reaches it.", given),
        ("write", "The output's page, all zero, is missing: a store reaches it.", output),
        ("write-heap", "A page of the heap, all zero, is missing: it isn't taken for zero.", HEAP),
    ):
        index = 3 if missing in (output, HEAP) else 0
        cases.append(
            invalid(
                f"segment-missing-{name}",
                comment,
                ["SEG-008", "SEG-030"],
                {"proof": encode_object(_without(made, index, missing))},
                "execution/witness-incomplete",
                derived_from="segment-last" if index else "segment-first",
            )
        )
    assert HEAP in last.zero_pages and output in last.zero_pages
    return cases


def _tree_before(made: Run, index: int) -> memory.MemoryTree:
    """The memory tree where a segment of the summing program begins: image and input; it writes at its end."""
    pages = _runs.image_pages(made.words) | {memory.INPUT_FIRST_PAGE: made.given.ljust(PAGE_SIZE, b"\0")}
    tree = memory.MemoryTree()
    tree.update({number: memory.hash_page(content) for number, content in pages.items()})
    assert tree.root == made.segments[index].memory_root
    return tree


def _without(made: Run, index: int, missing: int) -> SegmentProof:
    """A segment's proof without one page of its witness, its siblings made for the pages that are left."""
    segment = made.segments[index]
    content = {number: bytes(page) for number, page in witness.page_contents(segment)}
    pages = tuple(number for number in segment.pages if number != missing)
    zeros = tuple(number for number in segment.zero_pages if number != missing)
    left = segment.replace(
        pages=pages,
        zero_pages=zeros,
        content=b"".join(content[number] for number in pages),
        siblings=_tree_before(made, index).proof(sorted({*pages, *zeros})),
    )
    return made.proof(index).replace(segments=(left,))


def _item(proof: SegmentProof) -> Any:
    return cbor.decode(encode_object(proof))


def _semantic_faults() -> list[Case]:
    made = halted()
    first, last, pair = made.proof(0), made.proof(3), made.proof(1, 2)

    def in_segment(key: int, change: Callable[[Any], Any]) -> Callable[[Any], None]:
        def apply(item: Any) -> None:
            item[SEGMENTS][0][key] = change(item[SEGMENTS][0][key])

        return apply

    def too_many(item: Any) -> None:
        item[SEGMENTS][0][ZEROS] = list(range(100, 100 + 8192))

    def page_as_bytes(item: Any) -> None:
        zero = item[SEGMENTS][0][ZEROS].pop(0)
        item[SEGMENTS][0][PAGES].insert(0, zero)
        item[SEGMENTS][0][PAGES].sort()
        at = item[SEGMENTS][0][PAGES].index(zero) * PAGE_SIZE
        content = item[SEGMENTS][0][CONTENT]
        item[SEGMENTS][0][CONTENT] = content[:at] + bytes(PAGE_SIZE) + content[at:]

    def swap(item: Any) -> None:
        item[SEGMENTS].reverse()

    def twice(item: Any) -> None:
        item[SEGMENTS].append(item[SEGMENTS][0])

    def beyond(item: Any) -> None:
        item[SEGMENTS][0][INDEX] = 4

    def at_leaves(change: Callable[[bytes], bytes]) -> Callable[[Any], None]:
        def apply(item: Any) -> None:
            item[LEAVES] = change(item[LEAVES])

        return apply

    def leaf_less(item: Any) -> None:
        item[LEAVES] = item[LEAVES][: 2 * DIGEST_SIZE]

    def leaf_more(item: Any) -> None:
        item[LEAVES] = item[LEAVES] + item[LEAVES][:DIGEST_SIZE]

    faults: list[tuple[str, str, str, str, SegmentProof, Callable[[Any], None]]] = [
        ("pages-swapped", "SEG-011", "page-order", "Two pages' numbers out of order.", first, in_segment(PAGES, _back)),
        ("page-repeated", "SEG-011", "page-order", "One page twice.", first, in_segment(PAGES, lambda p: [p[0], p[0]])),
        ("zeros-swapped", "SEG-011", "page-order", "Two zero pages out of order.", last, in_segment(ZEROS, _back)),
        ("page-in-both", "SEG-012", "page-twice", "One page in both lists.", first, in_segment(ZEROS, _code_too)),
        (
            "content-short",
            "SEG-013",
            "page-content",
            "A page too few.",
            first,
            in_segment(CONTENT, _page_less),
        ),
        (
            "content-long",
            "SEG-013",
            "page-content",
            "A page too many.",
            first,
            in_segment(CONTENT, _page_more),
        ),
        ("content-ragged", "SEG-013", "page-content", "A byte too many.", first, in_segment(CONTENT, _byte_more)),
        ("witness-too-large", "SEG-014", "witness-too-large", "8194 pages in both lists.", first, too_many),
        ("zero-as-bytes", "SEG-015", "zero-page-content", "An all-zero page as 4096 zeros.", last, page_as_bytes),
        ("segments-swapped", "SEG-009", "segment-order", "Two segments out of order.", pair, swap),
        ("segment-twice", "SEG-009", "segment-order", "One segment twice.", first, twice),
        ("index-beyond", "SEG-010", "segment-index", "The segment after the last.", last, beyond),
        (
            "leaf-missing",
            "SEG-020",
            "leaves-length",
            "Two leaves for two joined segments.",
            pair,
            leaf_less,
        ),
        ("leaves-ragged", "SEG-020", "leaves-length", "A byte too many.", pair, at_leaves(_byte_more)),
        ("leaf-extra", "SEG-020", "leaves-length", "Four leaves for two joined segments.", pair, leaf_more),
    ]
    cases = []
    for name, requirement, code, comment, proof, apply in faults:
        item = _item(proof)
        apply(item)
        cases.append(
            invalid(
                f"segment-{name}", comment, [requirement, "SEG-016"], {"proof": cbor.encode(item)}, f"semantic/{code}"
            )
        )
    empty = _item(first)
    empty[SEGMENTS] = []
    page = _item(first)
    page[SEGMENTS][0][PAGES][1] = MEMORY_PAGES
    return [
        *cases,
        invalid(
            "segment-none",
            "A proof of no segments.",
            ["SEG-002", "ENC-030"],
            {"proof": cbor.encode(empty)},
            "schema/wrong-length",
        ),
        invalid(
            "segment-page-beyond",
            "Page 2^20: one past the last.",
            ["ENC-030", "MEM-002"],
            {"proof": cbor.encode(page)},
            "schema/out-of-range",
        ),
    ]


def _back(numbers: list[int]) -> list[int]:
    return numbers[::-1]


def _code_too(zeros: list[int]) -> list[int]:
    return [_runs.CODE_PAGE, *zeros]


def _page_less(content: bytes) -> bytes:
    return content[:-PAGE_SIZE]


def _page_more(content: bytes) -> bytes:
    return content + content[:PAGE_SIZE]


def _crypto_faults() -> list[Case]:
    made = halted()
    other = _runs.run(_runs.summing(), INPUT[::-1], "segment-other")
    proof, last, pages = made.proof(1), made.proof(3), made.proof(0)
    escaped = _runs.run(_runs.escaping(), b"", "segment-escaped").proof(1)

    def at(path: list[Any], change: Callable[[Any], Any]) -> Callable[[Any], None]:
        def apply(item: Any) -> None:
            place = item
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = change(place[path[-1]])

        return apply

    def claim_of(another: Run) -> Callable[[Any], None]:
        return at([CLAIM], lambda claim: _item(another.proof(1))[CLAIM])

    def node_down(siblings: bytes) -> bytes:
        """A digest from the lowest level in the highest sibling's place."""
        return siblings[:-DIGEST_SIZE] + siblings[:DIGEST_SIZE]

    def part(key: int, change: Callable[[Any], Any]) -> Callable[[Any], None]:
        return at([SEGMENTS, 0, key], change)

    faults: list[tuple[str, str, str, str, SegmentProof, Callable[[Any], None]]] = [
        ("other-claim", "SEG-021", "root-mismatch", "A claim on another input.", proof, claim_of(other)),
        ("leaf-bit", "SEG-021", "root-mismatch", "A bit of a leaf.", proof, at([LEAVES], flip(0))),
        ("leaves-swapped", "SEG-021", "root-mismatch", "The two leaves swapped.", proof, at([LEAVES], _swap)),
        ("leaf-zero", "SEG-021", "root-mismatch", "A leaf of zeros.", proof, at([LEAVES], _zero_first)),
        ("path-bit", "SEG-021", "root-mismatch", "A bit of the leaves' path.", proof, at([LEAF_SIBLINGS], flip(9))),
        ("path-short", "SEG-021", "path-length", "A level too few.", proof, at([LEAF_SIBLINGS], _digest_less)),
        ("path-long", "SEG-021", "path-length", "A level too many.", proof, at([LEAF_SIBLINGS], _digest_more)),
        ("path-ragged", "SEG-021", "path-length", "A byte too many.", proof, at([LEAF_SIBLINGS], _byte_more)),
        ("path-swapped", "SEG-021", "root-mismatch", "Two siblings swapped.", proof, at([LEAF_SIBLINGS], _swap)),
        (
            "path-node-down",
            "SEG-021",
            "root-mismatch",
            "A node from below.",
            proof,
            at([LEAF_SIBLINGS], node_down),
        ),
        ("index-other", "SEG-021", "root-mismatch", "Another index.", pages, part(INDEX, lambda _: 2)),
        ("pc", "SEG-022", "state-mismatch", "Another pc.", proof, part(PC, lambda pc: pc + 4)),
        (
            "register-bit",
            "SEG-022",
            "state-mismatch",
            "A bit of x5.",
            proof,
            part(REGISTERS, flip(8 * 8 * 4)),
        ),
        ("memory-root", "SEG-022", "state-mismatch", "Another memory root.", proof, part(ROOT, flip(0))),
        ("page-bit", "SEG-023", "root-mismatch", "A bit of a page.", proof, part(CONTENT, flip(3))),
        (
            "pages-exchanged",
            "SEG-023",
            "root-mismatch",
            "Two pages' content swapped.",
            pages,
            part(CONTENT, _swap_pages),
        ),
        (
            "page-moved",
            "SEG-023",
            "root-mismatch",
            "A page under its neighbour's number.",
            proof,
            part(PAGES, _moved),
        ),
        (
            "witness-path-bit",
            "SEG-023",
            "root-mismatch",
            "A bit of the pages' path.",
            proof,
            part(SIBLINGS, flip(0)),
        ),
        (
            "witness-path-short",
            "SEG-023",
            "path-length",
            "A digest too few.",
            proof,
            part(SIBLINGS, _digest_less),
        ),
        (
            "witness-path-long",
            "SEG-023",
            "path-length",
            "A digest too many.",
            last,
            part(SIBLINGS, _digest_more),
        ),
        ("witness-path-ragged", "SEG-023", "path-length", "A byte too many.", proof, part(SIBLINGS, _byte_more)),
        (
            "witness-path-swapped",
            "SEG-023",
            "root-mismatch",
            "Two siblings swapped.",
            last,
            part(SIBLINGS, _swap),
        ),
        (
            "siblings-without-pages",
            "SEG-023",
            "path-length",
            "Siblings in a witness that has no pages.",
            escaped,
            part(SIBLINGS, lambda _: bytes(DIGEST_SIZE)),
        ),
    ]
    cases = []
    for name, requirement, code, comment, source, apply in faults:
        item = _item(source)
        apply(item)
        cases.append(
            invalid(
                f"segment-{name}",
                comment,
                [requirement, "SEG-031", *LEADS_TO[code]],
                {"proof": cbor.encode(item)},
                f"crypto/{code}",
            )
        )
    data = encode_object(proof)
    return [
        *cases,
        invalid(
            "segment-truncated",
            "A proof without its last byte.",
            ["ENC-021"],
            {"proof": data[:-1]},
            "decode/truncated",
            flags=["Truncated"],
        ),
        invalid(
            "segment-trailing",
            "A byte after the proof.",
            ["ENC-019"],
            {"proof": data + b"\0"},
            "decode/trailing-bytes",
            flags=["TrailingBytes"],
        ),
        invalid(
            "segment-pin-worker",
            "A good proof, and another worker pinned.",
            ["VRD-010"],
            {"proof": data, "pins": {"worker": bytes(48)}},
            "policy/other-worker",
        ),
    ]


def _swap(digests: bytes) -> bytes:
    """The first and the last digest in each other's place."""
    return digests[-DIGEST_SIZE:] + digests[DIGEST_SIZE:-DIGEST_SIZE] + digests[:DIGEST_SIZE]


def _zero_first(digests: bytes) -> bytes:
    return bytes(DIGEST_SIZE) + digests[DIGEST_SIZE:]


def _digest_less(digests: bytes) -> bytes:
    return digests[:-DIGEST_SIZE]


def _digest_more(digests: bytes) -> bytes:
    return digests + bytes(DIGEST_SIZE)


def _byte_more(data: bytes) -> bytes:
    return data + b"\0"


def _swap_pages(content: bytes) -> bytes:
    return content[PAGE_SIZE : 2 * PAGE_SIZE] + content[:PAGE_SIZE]


def _moved(numbers: list[int]) -> list[int]:
    return [numbers[0] ^ 1, *numbers[1:]]
