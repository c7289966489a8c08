"""A registry as a snapshot: accounts in order, with stake, declared resources and load (spec/registry.md)."""

from __future__ import annotations

from typing import Final

from .. import hashing, keys
from ..encoding.schema import Amount, ArrayOf, Bytes, Nested, Record, Text, Uint, encode_object, keyed, record
from ..errors import SemanticError
from ..keys import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Backend, KeyCache
from ..work.unit import ADDRESS_SIZE, NETWORK, REGION

MAX_ACCOUNTS: Final = 10_000
"""Most accounts of a registry (REG-001)."""
MAX_PROFILES: Final = 8
"""Most profiles that an account declares (REG-001)."""
REPUTATION_ONE: Final = 1 << 32
"""What a reputation is a fraction of; reputations are below it (REG-006)."""

_RESOURCE = Uint(0, (1 << 32) - 1)


@record()
class Account(Record):
    """Somebody who offers work (REG-001)."""

    key: bytes = keyed(0, Bytes(PUBLIC_KEY_SIZE))
    possession: bytes = keyed(1, Bytes(SIGNATURE_SIZE))
    """Proof that the account's holder has the key's secret (KEY-016)."""
    address: bytes = keyed(2, Bytes(ADDRESS_SIZE))
    """Payout address."""
    stake: int = keyed(3, Amount())
    cores: int = keyed(4, _RESOURCE)
    memory: int = keyed(5, _RESOURCE)
    """In MiB."""
    storage: int = keyed(6, _RESOURCE)
    """In GiB."""
    region: str = keyed(7, REGION)
    profiles: tuple[str, ...] = keyed(8, ArrayOf(Text(32, "[a-z0-9-]+"), MAX_PROFILES))
    """Machine profiles that the account can execute."""
    load: int = keyed(9, _RESOURCE)
    """Units that are outstanding."""
    load_cap: int = keyed(10, _RESOURCE)
    """Most units that may be outstanding."""
    reputation: int = keyed(11, Uint(0, REPUTATION_ONE - 1))
    """In 2^32nds; a fresh key has none."""


@record(kind="tracework/registry")
class Registry(Record):
    """An ordered snapshot of accounts (REG-001)."""

    network: str = keyed(2, NETWORK)
    epoch: int = keyed(3, Uint())
    accounts: tuple[Account, ...] = keyed(4, ArrayOf(Nested(Account), MAX_ACCOUNTS))

    def validate(self) -> None:
        """Raise SemanticError unless the accounts' keys ascend (REG-003)."""
        for index in range(1, len(self.accounts)):
            if self.accounts[index - 1].key >= self.accounts[index].key:
                raise SemanticError(
                    "account-order",
                    "accounts are not in strictly ascending order of their keys",
                    requirement="REG-003",
                    where=f"registry.accounts[{index}]",
                )

    @property
    def hash(self) -> bytes:
        """What names this snapshot: H_registry(network id ‖ encoding) (REG-002)."""
        return hashing.signed_id(hashing.REGISTRY, self.network, encode_object(self))

    def find(self, key: bytes) -> Account | None:
        """The account of a key."""
        return next((account for account in self.accounts if account.key == key), None)

    def verify(self, *, backend: Backend | None = None, cache: KeyCache | None = None) -> None:
        """Raise CryptoError unless every account proves to hold its key (REG-005)."""
        for index, account in enumerate(self.accounts):
            where = f"registry.accounts[{index}].possession"
            keys.verify_possession(account.key, account.possession, backend=backend, cache=cache, where=where)
