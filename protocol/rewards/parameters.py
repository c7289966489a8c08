"""The parameters of the standard rule (spec/rewards.md)."""

from __future__ import annotations

from typing import Final

from .. import hashing
from ..encoding.schema import Amount, ArrayOf, Nested, Record, Uint, encode_object, keyed, record
from ..errors import SemanticError
from .records import WHOLE

MAX_BOUNTY: Final = 3_333
"""The largest share of a slash that a prover gets, in basis points: at most a third (RWD-005)."""
MAX_CEILINGS: Final = 4096
"""Most lines of the table of emission (RWD-006)."""

_SHARE = Uint(0, WHOLE)
_WORD = Uint(0, (1 << 32) - 1)


@record()
class Ceiling(Record):
    """From an epoch on, the most that an epoch emits (RWD-006)."""

    epoch: int = keyed(0, Uint())
    amount: int = keyed(1, Amount())


@record(kind="tracework/parameters")
class Parameters(Record):
    """What the standard rule is told (RWD-002). Shares are in basis points."""

    burn: int = keyed(2, _SHARE)
    """Of what a claim earns: burnt."""
    treasury: int = keyed(3, _SHARE)
    """Of what a claim earns: the treasury's."""
    audit: int = keyed(4, _SHARE)
    """Of what a claim is due: for auditors, if the unit asks for audits."""
    attestation: int = keyed(5, _SHARE)
    """Of what a claim is due: for attesters, if the unit asks for attestation."""
    rebate: int = keyed(6, _SHARE)
    """Of what an eligible claim's unit burnt: emitted at most."""
    rebate_work: int = keyed(7, _SHARE)
    """Of a rebate: the worker's."""
    rebate_audit: int = keyed(8, _SHARE)
    """Of a rebate: the auditors'."""
    rebate_attestation: int = keyed(9, _SHARE)
    """Of a rebate: the attesters'."""
    slash_base: int = keyed(10, Amount())
    """What an offence costs at least, the stake permitting."""
    slash_share: int = keyed(11, _WORD)
    """What it costs on top, in basis points of the unit's escrow; may exceed a whole."""
    bounty: int = keyed(12, Uint(0, MAX_BOUNTY))
    """Of a slash by refutation: the prover's."""
    reputation_gain: int = keyed(13, _WORD)
    """For each accepted claim by a drawn worker, in 2^32nds."""
    reputation_loss: int = keyed(14, _WORD)
    """For each claim by a drawn worker that was judged and not accepted, in 2^32nds."""
    emission: tuple[Ceiling, ...] = keyed(15, ArrayOf(Nested(Ceiling), MAX_CEILINGS))
    """The published table of ceilings, by ascending epochs."""

    def validate(self) -> None:
        """Raise SemanticError for shares that exceed a whole (RWD-003, RWD-004) or a table out of order (RWD-006)."""
        if self.burn + self.treasury + self.audit + self.attestation > WHOLE:
            raise SemanticError(
                "share-sum",
                "the shares for burning, treasury, auditors and attesters exceed a whole",
                requirement="RWD-003",
                where="parameters",
            )
        if self.rebate_work + self.rebate_audit + self.rebate_attestation > WHOLE:
            raise SemanticError(
                "share-sum", "the shares of a rebate exceed a whole", requirement="RWD-004", where="parameters"
            )
        for index in range(1, len(self.emission)):
            if self.emission[index - 1].epoch >= self.emission[index].epoch:
                raise SemanticError(
                    "ceiling-order",
                    "the table of emission is not in strictly ascending order of epochs",
                    requirement="RWD-006",
                    where=f"parameters.emission[{index}]",
                )

    def hash(self, network: str) -> bytes:
        """What names these parameters on a network: H_parameters(network id ‖ encoding) (RWD-002)."""
        return hashing.signed_id(hashing.PARAMETERS, network, encode_object(self))

    def ceiling(self, epoch: int) -> int:
        """The most that an epoch emits: the table's last line that is not after it; 0 before the first (RWD-006)."""
        ceiling = 0
        for line in self.emission:
            if line.epoch > epoch:
                break
            ceiling = line.amount
        return ceiling
