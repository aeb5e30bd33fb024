"""Who may do what to the infrastructure: deny by default, and duties that must not meet in one identity."""

from types import MappingProxyType

import pytest

from billproof.model.platform.iam import (
    DOCUMENTED,
    LAWS,
    REPAIRED,
    AddressRule,
    Identity,
    Permission,
    is_admitted,
    is_allowed,
)

BY_NAME = {law.name: law for law in LAWS}


def test_the_repaired_table_keeps_every_law() -> None:
    assert all(law.holds(REPAIRED, REPAIRED) for law in LAWS)


def test_laws_fail_on_the_documented_table_and_on_an_open_one() -> None:
    by_name = BY_NAME
    assert by_name["nobody_may_nothing"].holds(DOCUMENTED, DOCUMENTED)
    assert not by_name["archive_apart"].holds(DOCUMENTED, DOCUMENTED)
    assert not by_name["keys_apart"].holds(DOCUMENTED, DOCUMENTED)
    open_table = MappingProxyType({Identity.NOBODY: frozenset({Permission.METRICS_READ})})
    assert not by_name["nobody_may_nothing"].holds(open_table, open_table)


def test_what_a_table_does_not_say_is_denied() -> None:
    empty: MappingProxyType[Identity, frozenset[Permission]] = MappingProxyType({})
    assert not any(is_allowed(empty, identity, one) for identity in Identity for one in Permission)


@pytest.mark.parametrize(
    "permission",
    [Permission.SPANNER_READ, Permission.SPANNER_WRITE, Permission.TOPIC_PUBLISH, Permission.KEY_SIGN],
)
def test_the_service_can_do_its_work_in_both_tables(permission: Permission) -> None:
    assert is_allowed(DOCUMENTED, Identity.BILLING_SERVICE, permission)
    assert is_allowed(REPAIRED, Identity.BILLING_SERVICE, permission)


def test_every_permission_but_three_has_a_holder_after_the_repair() -> None:
    """What nobody may do any more: delete documents or archived receipts, and read a key as a secret."""
    held = {one for permissions in REPAIRED.values() for one in permissions}
    assert set(Permission) - held == {
        Permission.FIRESTORE_DELETE, Permission.ARCHIVE_DELETE, Permission.SECRET_READ,
    }  # fmt: skip


def test_the_first_rule_that_matches_an_address_decides() -> None:
    ten = 10 << 24
    rules = (AddressRule(ten + 5, 32, False), AddressRule(ten, 8, True))  # noqa: FBT003 - a field of a row
    assert is_admitted(rules, ten + 4)
    assert not is_admitted(rules, ten + 5)
    assert not is_admitted(rules, 11 << 24), "no rule, no entry"
    assert not is_admitted((), ten)


def test_edge_documented_administrator_can_rewrite_everything() -> None:
    needed = (
        Permission.FIRESTORE_DELETE, Permission.ARCHIVE_SET_POLICY, Permission.ARCHIVE_DELETE,
        Permission.KEY_SIGN, Permission.SPANNER_WRITE,
    )  # fmt: skip
    assert all(is_allowed(DOCUMENTED, Identity.ADMINISTRATOR, one) for one in needed)
    assert not any(is_allowed(REPAIRED, Identity.ADMINISTRATOR, one) for one in needed)


def test_edge_documented_service_holds_the_key() -> None:
    assert is_allowed(DOCUMENTED, Identity.BILLING_SERVICE, Permission.SECRET_READ)
    assert not is_allowed(REPAIRED, Identity.BILLING_SERVICE, Permission.SECRET_READ)
