"""Verdicts: what a check says of its evidence and of the claim that it is about (spec/verdict.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import ParamSpec, TypeVar

from ..protocol import hashing
from ..protocol.errors import (
    CryptoError,
    DecodeError,
    ExecutionError,
    PolicyError,
    ProtocolError,
    Refutation,
    SchemaError,
    SemanticError,
)
from ..protocol.machine.state import Fault, Status
from ..protocol.regions import Region
from ..protocol.work.claim import Claim, SignedClaim
from ..protocol.work.opaque import OpaqueClaim
from ..protocol.work.unit import Unit

P = ParamSpec("P")
T = TypeVar("T")


class Evidence(Enum):
    """Whether the evidence is sound (VRD-001)."""

    VALID = "valid"
    INVALID = "invalid"
    INCOMPLETE = "incomplete"


class Outcome(Enum):
    """What the evidence says of the claim (VRD-001)."""

    ACCEPTED = "accepted"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a list: the requirement that asks for it, what it is in words, and how it went."""

    requirement: str
    title: str
    result: str
    """`passed`, `failed` or `missing`."""


class Standing(Enum):
    """How a party stands after a check of what several did (VRD-020). A member signed; the rest is of workers."""

    AGREES = "agrees"
    DISSENTS = "dissents"
    UNDECIDED = "undecided"
    ABSENT = "absent"
    MISSING = "missing"
    EARLY = "early"
    LATE = "late"
    COPIED = "copied"
    MALFORMED = "malformed"
    REFUTED = "refuted"
    EQUIVOCATED = "equivocated"
    SIGNED = "signed"
    UNCALLED = "uncalled"


@dataclass(frozen=True, slots=True)
class Party:
    """One of several who took part: its key, how it stands, and the code that says why (VRD-020)."""

    key: bytes
    standing: Standing
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """A file of the evidence that did not count: its hash, and the code of the check that it failed (VRD-021)."""

    file: bytes
    """H_evidence of the file."""
    code: str
    message: str = ""
    """The sentence that names field and party, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a verdict is about, as far as it could be read (VRD-005). Lengths are in bytes."""

    network: str
    unit: bytes
    program: bytes | None = None
    """The program's id; None for an opaque unit."""
    input_length: int | None = None
    input_root: bytes | None = None
    worker: bytes | None = None
    """None where there is no claim."""
    claim: bytes | None = None
    """The claim's id."""
    steps: int | None = None
    status: Status | None = None
    code: int | None = None
    output_length: int | None = None
    output_root: bytes | None = None
    result: bytes | None = None
    """The result of an opaque unit."""

    def __str__(self) -> str:
        text = f"unit {self.unit.hex()}"
        if self.program is not None:
            text = f"program {self.program.hex()} on input {_region(self.input_length, self.input_root)}"
        if self.status is not None or self.result is not None:
            text += f" {self._ending()}"
        if self.worker is not None:
            text += f", by key {self.worker.hex()}"
        return f"{text}, under network {self.network}"

    def _ending(self) -> str:
        if self.result is not None:
            return f"gave the result {self.result.hex()}"
        after = f"after {_counted(self.steps, 'step')}"
        if self.status == Status.HALTED:
            return f"gave output {_region(self.output_length, self.output_root)} and exit code {self.code} {after}"
        if self.status == Status.FAULTED:
            return f"faulted ({Fault(self.code or 0).label}) {after}"
        return f"ran out of steps {after}"


def _counted(number: int | None, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _region(length: int | None, root: bytes | None) -> str:
    return "unknown" if root is None else f"{root.hex()} ({_counted(length, 'byte')})"


def opaque_statement(claim: OpaqueClaim) -> Statement:
    """The statement of evidence about an opaque claim."""
    return Statement(
        network=claim.unit.body.network,
        unit=claim.unit.id,
        worker=claim.body.worker,
        claim=claim.id,
        result=claim.body.result,
    )


def unit_statement(unit: Unit) -> Statement:
    """The statement of evidence about a unit alone."""
    context = unit.body.context
    if context is None:
        return Statement(network=unit.body.network, unit=unit.id)
    return Statement(
        network=unit.body.network,
        unit=unit.id,
        program=context.program_id,
        input_length=context.input_length,
        input_root=context.input_root,
    )


def claim_statement(claim: Claim | SignedClaim) -> Statement:
    """The statement of evidence about a claim."""
    context, body = claim.context, claim.body
    return Statement(
        network=claim.unit.body.network,
        unit=claim.unit.id,
        program=context.program_id,
        input_length=context.input_length,
        input_root=context.input_root,
        worker=body.worker,
        claim=claim.id,
        steps=body.steps,
        status=body.status,
        code=body.code,
        output_length=body.output_length,
        output_root=body.output_root,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of a check: what can be said of the evidence, and what it says of the claim."""

    evidence: Evidence
    claim: Outcome
    evidence_hash: bytes
    """H_evidence of the bytes that were checked (VRD-008)."""
    statement: Statement | None
    """None if the evidence could not be read so far."""
    checks: tuple[Check, ...]
    """What was checked, in order, and what was missing."""
    stage: str | None = None
    """Stage, code, requirement, place and sentence of the check that decided; None if none failed."""
    code: str | None = None
    requirement: str | None = None
    where: str = ""
    message: str = ""
    blame: str | None = None
    """Who is at fault: `worker`, `members`, `presenter`, or nobody."""
    parties: tuple[Party, ...] = ()
    """Where several took part: each of them, by ascending key (VRD-020)."""
    asides: tuple[Aside, ...] = ()
    """Files that did not count, by ascending hash (VRD-021)."""

    @property
    def missing(self) -> list[Check]:
        """The checks that could not be made."""
        return [check for check in self.checks if check.result == "missing"]


_BY_STAGE: dict[str, type[ProtocolError]] = {
    cls.stage: cls for cls in (DecodeError, SchemaError, SemanticError, CryptoError, ExecutionError, PolicyError)
}


def error_of(verdict: Verdict) -> ProtocolError:
    """The error of the check that decided a verdict: the same stage, code, requirement, place and sentence."""
    assert verdict.stage and verdict.code and verdict.requirement
    cls = _BY_STAGE[verdict.stage]
    return cls(verdict.code, verdict.message, requirement=verdict.requirement, where=verdict.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What evidence must be about to count for the caller (VRD-010)."""

    network: str | None = None
    unit: bytes | None = None
    worker: bytes | None = None
    output: Region | None = None
    """Length and root of the output that a halted run must have given."""

    def check(self, statement: Statement) -> None:
        """Raise PolicyError for the first pin that the statement isn't about."""
        for name, pinned, found in (
            ("network", self.network, statement.network),
            ("unit", self.unit, statement.unit),
            ("worker", self.worker, statement.worker),
        ):
            if pinned is not None and pinned != found:
                raise PolicyError(
                    f"other-{name}",
                    f"this is about the {name} {_show(found)}, not {_show(pinned)}",
                    requirement="VRD-010",
                    where=name,
                )
        if self.output is None:
            return
        found_output = (statement.output_length, statement.output_root)
        if statement.status != Status.HALTED or found_output != (self.output.length, self.output.root):
            raise PolicyError(
                "other-output",
                f"this is about a run that {statement._ending() if statement.worker else 'nobody claims'}",
                requirement="VRD-010",
                where="output",
            )


def _show(value: str | bytes | None) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return value or "of nobody"


def evidence_hash(*files: bytes) -> bytes:
    """H_evidence of one file, or of the ascending hashes of several different ones (VRD-008, VRD-009)."""
    hashes = sorted({hashing.digest(hashing.EVIDENCE, data) for data in files})
    return hashes[0] if len(hashes) == 1 else hashing.digest(hashing.EVIDENCE, b"".join(hashes))


@dataclass(slots=True)
class Examination:
    """The checks of one piece of evidence as they are made, and the verdict that they lead to."""

    data: bytes
    others: tuple[bytes, ...] = ()
    """Files that the evidence has beside `data`."""
    statement: Statement | None = None
    checks: list[Check] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)

    def check(self, requirement: str, title: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make one check: note that it passed, or note that it failed and let its error through."""
        try:
            result = function(*args, **kwargs)
        except ProtocolError:
            self.checks.append(Check(requirement, title, "failed"))
            raise
        self.checks.append(Check(requirement, title, "passed"))
        return result

    def miss(self, requirement: str, title: str) -> None:
        """Note a check that can't be made with this evidence."""
        self.checks.append(Check(requirement, title, "missing"))

    def pass_verdict(self, evidence: Evidence, claim: Outcome, *, blame: str | None = None) -> Verdict:
        """The verdict when no check failed."""
        return self._verdict(evidence, claim, None, blame)

    def open_verdict(self, error: ProtocolError, blame: str | None = None) -> Verdict:
        """The verdict on valid evidence that leaves the claim inconclusive, for the reason that `error` gives."""
        return self._verdict(Evidence.VALID, Outcome.INCONCLUSIVE, error, blame)

    def fail_verdict(self, error: ProtocolError) -> Verdict:
        """The verdict that a failed check leads to (VRD-002, VRD-003, VRD-007)."""
        refuted = isinstance(error, Refutation)
        blame = "worker" if refuted else None if isinstance(error, PolicyError) else "presenter"
        return self._verdict(
            Evidence.VALID if refuted else Evidence.INVALID,
            Outcome.REFUTED if refuted else Outcome.INCONCLUSIVE,
            error,
            blame,
        )

    def _verdict(
        self, evidence: Evidence, claim: Outcome, error: ProtocolError | None = None, blame: str | None = None
    ) -> Verdict:
        return Verdict(
            evidence=evidence,
            claim=claim,
            evidence_hash=evidence_hash(self.data, *self.others),
            statement=self.statement,
            checks=tuple(self.checks),
            stage=error.stage if error else None,
            code=error.code if error else None,
            requirement=error.requirement if error else None,
            where=error.where if error else "",
            message=error.message if error else "",
            blame=blame,
            parties=tuple(sorted(self.parties, key=lambda party: party.key)),
            asides=tuple(sorted(self.asides, key=lambda aside: (aside.file, aside.code))),
        )
