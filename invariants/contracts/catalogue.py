"""Every contract, in one explicit tuple."""

from billproof.invariants.contracts import cases_of_money, cases_of_rules, cases_of_time
from billproof.invariants.contracts.contract import Contract

CONTRACTS: tuple[Contract, ...] = (
    *cases_of_money.CONTRACTS,
    *cases_of_time.CONTRACTS,
    *cases_of_rules.CONTRACTS,
)
"""The contracts of the money and quota path."""


def contracts_named(names: tuple[str, ...]) -> tuple[Contract, ...]:
    """Return the contracts of these functions, ``allocate`` or ``money.allocate``; all where none is named.

    Raises:
        KeyError: A name that no contract has; its argument is the name.
    """
    for name in names:
        if not any(name in (contract.name, contract.function) for contract in CONTRACTS):
            raise KeyError(name)
    return tuple(
        contract
        for contract in CONTRACTS
        if not names or contract.name in names or contract.function in names
    )
