"""Units: what a requester signs (spec/unit.md)."""

from __future__ import annotations

from typing import Final, Protocol

from .. import hashing, keys
from ..encoding.schema import Amount, ArrayOf, Bytes, Nested, Record, Text, Uint, encode_object, keyed, record
from ..errors import CryptoError, SemanticError
from ..hashing import DIGEST_SIZE
from ..keys import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Backend, KeyCache, SecretKey
from ..machine.context import Context

NETWORK = Text(32, "[a-z0-9-]+")
"""A network's name (HSH-005)."""
NONCE_SIZE: Final = 32
"""Length of a unit's nonce in bytes (UNT-003)."""
ADDRESS_SIZE: Final = 20
"""Length of a payout address in bytes (UNT-026)."""
WHOLE: Final = 10_000
"""A whole in basis points (UNT-026)."""
MAX_REPLICAS: Final = 64
"""Most replicas that a unit can ask for (UNT-022)."""
MAX_SAMPLES: Final = 4096
"""Most segments that an audit can sample (UNT-021)."""
MAX_AUDITORS: Final = 64
"""Most auditors that a unit can have drawn for a claim (UNT-035)."""
MAX_NAMED: Final = 256
"""Most workers, and most beneficiaries, that a unit can name (UNT-024, UNT-026)."""

MAX_REGIONS: Final = 16
"""Most regions that a unit can prefer (UNT-034)."""
REGION = Text(32, "[a-z0-9-]+")
"""A region's name (REG-004)."""

_PUBLIC_KEY = Bytes(PUBLIC_KEY_SIZE)
_DIGEST = Bytes(DIGEST_SIZE)


@record()
class Opaque(Record):
    """The work of a unit that no machine of this protocol executes (UNT-005)."""

    job: bytes = keyed(0, _DIGEST)
    """What the parties know the job by, 32 bytes."""


@record()
class AuditPolicy(Record):
    """Beacon-chosen segments are to be checked (UNT-021)."""

    samples: int = keyed(0, Uint(1, MAX_SAMPLES))
    """How many segments are drawn; all of them if the trace has fewer."""
    delay: int = keyed(1, Uint(0, (1 << 32) - 1))
    """Slots between a receipt and the beacon round that draws."""
    auditors: int | None = keyed(2, Uint(1, MAX_AUDITORS), default=None)
    """How many are drawn for each claim, to be paid for it; absent: nobody, and anyone may audit unpaid (UNT-035)."""


@record()
class AdaptivePolicy(Record):
    """Not every unit is replicated: a beacon draws, after the first worker's commit, whether this one is (UNT-032)."""

    floor: int = keyed(0, Uint(1, WHOLE))
    """The least chance of being replicated, in basis points, whoever the worker is."""
    window: int = keyed(1, Uint(2, (1 << 32) - 1))
    """Slots from the commit deadline to the one of the replicas that are called then."""


@record()
class RedundancyPolicy(Record):
    """Several workers are to do the same (UNT-022)."""

    replicas: int = keyed(0, Uint(1, MAX_REPLICAS))
    """How many workers."""
    quorum: int = keyed(1, Uint(1, MAX_REPLICAS))
    """How many of them must agree; more than half."""
    adaptive: AdaptivePolicy | None = keyed(2, Nested(AdaptivePolicy), default=None)
    """Absent: every unit is replicated."""

    def validate(self) -> None:
        """Raise SemanticError unless replicas / 2 < quorum <= replicas."""
        if not self.replicas < 2 * self.quorum <= 2 * self.replicas:
            raise SemanticError(
                "bad-quorum",
                f"a quorum of {self.quorum} out of {self.replicas} is not above one half and at most all",
                requirement="UNT-022",
                where="policy.redundancy.quorum",
            )


@record()
class AttestationPolicy(Record):
    """A committee is to vouch for the claim (UNT-023)."""

    committee: bytes = keyed(0, _DIGEST)
    """Hash of the committee's snapshot."""
    threshold: int = keyed(1, Uint(1))
    """The weight that must have signed."""


@record()
class AssignmentPolicy(Record):
    """Workers are drawn from a registry (UNT-030)."""

    registry: bytes = keyed(0, _DIGEST)
    """Hash of the registry's snapshot."""
    delay: int = keyed(1, Uint(0, (1 << 32) - 1))
    """Slots between the unit's receipt and the beacon round that draws."""


@record()
class ReceiptPolicy(Record):
    """A committee says what was there in which slot (UNT-031)."""

    committee: bytes = keyed(0, _DIGEST)
    """Hash of the committee's snapshot."""
    threshold: int = keyed(1, Uint(1))
    """The weight that must have signed a receipt."""


@record()
class Policy(Record):
    """How claims on a unit are verified; empty: by whoever re-executes them (UNT-020)."""

    audit: AuditPolicy | None = keyed(0, Nested(AuditPolicy), default=None)
    redundancy: RedundancyPolicy | None = keyed(1, Nested(RedundancyPolicy), default=None)
    attestation: AttestationPolicy | None = keyed(2, Nested(AttestationPolicy), default=None)
    workers: tuple[bytes, ...] | None = keyed(3, ArrayOf(_PUBLIC_KEY, MAX_NAMED, least=1), default=None)
    """The only workers who may claim, if the unit names them; ascending public keys."""
    assignment: AssignmentPolicy | None = keyed(4, Nested(AssignmentPolicy), default=None)
    """How workers are drawn, if the unit doesn't name them."""
    receipts: ReceiptPolicy | None = keyed(5, Nested(ReceiptPolicy), default=None)
    """Whose receipts count."""

    def validate(self) -> None:
        """Raise SemanticError in the order of UNT-024, UNT-030, UNT-032, UNT-035."""
        _check_ascending(self.workers or (), "worker-order", "UNT-024", "policy.workers")
        if self.workers is not None and self.assignment is not None:
            raise SemanticError(
                "policy-form",
                "a unit that names its workers has none to be drawn",
                requirement="UNT-030",
                where="policy.assignment",
            )
        if self.redundancy and self.redundancy.adaptive and self.assignment is None:
            raise SemanticError(
                "policy-form",
                "adaptive redundancy needs workers who are drawn",
                requirement="UNT-032",
                where="policy.redundancy.adaptive",
            )
        if self.audit and self.audit.auditors and not (self.assignment and self.receipts):
            raise SemanticError(
                "policy-form",
                "auditors are drawn from the registry of an assignment policy, after a receipt of the commit",
                requirement="UNT-035",
                where="policy.audit.auditors",
            )


@record()
class Requirements(Record):
    """What an account must have to be drawn for a unit, and where it should be (UNT-033)."""

    cores: int | None = keyed(0, Uint(1, (1 << 32) - 1), default=None)
    memory: int | None = keyed(1, Uint(1, (1 << 32) - 1), default=None)
    """In MiB."""
    storage: int | None = keyed(2, Uint(1, (1 << 32) - 1), default=None)
    """In GiB."""
    regions: tuple[str, ...] | None = keyed(3, ArrayOf(REGION, MAX_REGIONS, least=1), default=None)
    """Nearest first; all others come after them."""
    least_stake: int | None = keyed(4, Amount(positive=True), default=None)
    """In base units, for each unit that the account has outstanding and for this one (REG-028)."""

    def validate(self) -> None:
        """Raise SemanticError if a region stands twice (UNT-034)."""
        regions = self.regions or ()
        if len(set(regions)) < len(regions):
            raise SemanticError(
                "region-twice", "a region stands twice", requirement="UNT-034", where="requirements.regions"
            )


@record()
class Beneficiary(Record):
    """Somebody who gets a share of what a unit pays (UNT-026)."""

    address: bytes = keyed(0, Bytes(ADDRESS_SIZE))
    """Payout address."""
    share: int = keyed(1, Uint(1, WHOLE))
    """In basis points."""


@record()
class Deadlines(Record):
    """Slots by which commits, reveals and challenges must be receipted (UNT-025)."""

    commit: int = keyed(0, Uint())
    reveal: int = keyed(1, Uint())
    challenge: int = keyed(2, Uint())

    def validate(self) -> None:
        """Raise SemanticError unless they follow one another."""
        if not self.commit < self.reveal < self.challenge:
            raise SemanticError(
                "deadline-order",
                "the deadlines of commit, reveal and challenge do not follow one another",
                requirement="UNT-025",
                where="deadlines",
            )


@record()
class UnitBody(Record):
    """The signed fields of a unit (UNT-001)."""

    network: str = keyed(0, NETWORK)
    requester: bytes = keyed(1, _PUBLIC_KEY)
    nonce: bytes = keyed(2, Bytes(NONCE_SIZE))
    """Makes two units with equal fields two units."""
    context: Context | None = keyed(3, Nested(Context), default=None)
    """What is to be executed; absent in an opaque unit."""
    opaque: Opaque | None = keyed(4, Nested(Opaque), default=None)
    policy: Policy = keyed(5, Nested(Policy))
    deadlines: Deadlines | None = keyed(6, Nested(Deadlines), default=None)
    """Absent: the unit is not subject to slots."""
    price: int = keyed(7, Uint())
    """Base units a step."""
    escrow: int = keyed(8, Amount())
    """Base units at most."""
    beneficiaries: tuple[Beneficiary, ...] | None = keyed(
        9, ArrayOf(Nested(Beneficiary), MAX_NAMED, least=1), default=None
    )
    requirements: Requirements | None = keyed(10, Nested(Requirements), default=None)
    """What workers must have; absent: nothing in particular."""

    def validate(self) -> None:
        """Raise SemanticError in the order of UNT-028."""
        if (self.context is None) == (self.opaque is None):
            raise SemanticError(
                "work-form", "a unit has either a context or an opaque job", requirement="UNT-004", where="unit"
            )
        if self.opaque and self.policy.audit:
            raise SemanticError(
                "policy-form", "an opaque unit has no trace to audit", requirement="UNT-005", where="policy.audit"
            )
        if self.opaque and not (self.policy.redundancy or self.policy.attestation):
            raise SemanticError(
                "policy-form",
                "an opaque unit is verified by redundancy or attestation, and its policy names neither",
                requirement="UNT-005",
                where="policy",
            )
        if self.deadlines is None and (self.policy.audit or self.policy.redundancy):
            raise SemanticError(
                "deadlines-missing",
                "audits and redundancy need deadlines",
                requirement="UNT-025",
                where="deadlines",
            )
        self._check_window()
        beneficiaries = self.beneficiaries or ()
        _check_ascending([b.address for b in beneficiaries], "beneficiary-order", "UNT-026", "beneficiaries")
        if sum(b.share for b in beneficiaries) > WHOLE:
            raise SemanticError(
                "share-sum", "the beneficiaries' shares exceed a whole", requirement="UNT-027", where="beneficiaries"
            )

    def _check_window(self) -> None:
        """Raise SemanticError unless replicas that are called late can commit before reveals are due (UNT-032)."""
        adaptive = self.policy.redundancy.adaptive if self.policy.redundancy else None
        if adaptive and self.deadlines and self.deadlines.commit + adaptive.window >= self.deadlines.reveal:
            raise SemanticError(
                "deadline-order",
                "the replicas that are called could not commit before the reveals are due",
                requirement="UNT-032",
                where="policy.redundancy.adaptive.window",
            )

    @property
    def id(self) -> bytes:
        """The unit's id, 32 bytes (UNT-002): what names it, and what its signature covers."""
        return hashing.signed_id(hashing.UNIT, self.network, encode_object(self))

    @property
    def machine(self) -> Context:
        """The context of a unit that has one. Raises SemanticError for an opaque unit."""
        if self.context is None:
            raise SemanticError(
                "opaque-unit", "the unit is opaque: it has no trace", requirement="UNT-006", where="unit.opaque"
            )
        return self.context


@record(kind="tracework/unit")
class Unit(Record):
    """A signed unit, as it travels (UNT-001)."""

    body: UnitBody = keyed(2, Nested(UnitBody))
    signature: bytes = keyed(3, Bytes(SIGNATURE_SIZE))

    @property
    def id(self) -> bytes:
        """The unit's id, 32 bytes."""
        return self.body.id

    def verify(self, *, backend: Backend | None = None, cache: KeyCache | None = None) -> None:
        """Raise CryptoError unless the requester signed this unit (UNT-007)."""
        keys.verify(self.body.requester, self.id, self.signature, backend=backend, cache=cache, where="unit.signature")


class About(Protocol):
    """What names a unit and its network."""

    @property
    def network(self) -> str:
        """The network's name."""

    @property
    def unit(self) -> bytes:
        """The unit's id."""


def check_about(body: About, unit: Unit, name: str, network_rule: str, unit_rule: str) -> None:
    """Raise CryptoError unless a body is about a unit, on its network; by these requirements, under this name."""
    if body.network != unit.body.network:
        raise CryptoError(
            "network-mismatch",
            f"the {name} is for the network {body.network}, the unit for {unit.body.network}",
            requirement=network_rule,
            where=f"{name}.network",
        )
    if body.unit != unit.id:
        raise CryptoError(
            "unit-mismatch", f"the {name} is about another unit", requirement=unit_rule, where=f"{name}.unit"
        )


def sign_unit(body: UnitBody, secret: SecretKey, *, backend: Backend | None = None) -> Unit:
    """The unit that a requester makes of its fields; `body.requester` must be this key's public key."""
    return Unit(body=body, signature=keys.sign(secret, body.id, backend=backend))


def _check_ascending(values: tuple[bytes, ...] | list[bytes], code: str, requirement: str, where: str) -> None:
    for index in range(1, len(values)):
        if values[index - 1] >= values[index]:
            raise SemanticError(code, "not in ascending order", requirement=requirement, where=f"{where}[{index}]")
