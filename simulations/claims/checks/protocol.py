"""Protocol and recovery of what was acknowledged: XA-01 to XA-30.

What is computed from words is computed from the claims' own words; where behaviour decides, the running core
or a platform machine is asked.

Source: ``claims.md`` 2.1.
"""

from billproof.simulations.claims.checks.models import switch_falls
from billproof.simulations.claims.checks.shared import not_both, volume
from billproof.simulations.claims.quantities import Quantity, quantity, seconds, total
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.relations import (
    Check,
    Outcome,
    agree,
    at_least,
    at_most,
    beside,
    every,
    joint,
    same,
    true,
)

STORES = ("Firestore", "Spanner")


def _order(c: Reader, claim: str) -> str:
    return " then ".join(c.order(claim, *STORES))


def _stores(c: Reader) -> Outcome:
    """How many stores the parts of one atomic transaction are in."""
    parts = {
        "LF-04": c.order("LF-04", *STORES),
        "LF-05": c.order("LF-05", *STORES),
        "T2-P4": c.order("T2-P4", *STORES),
    }
    stores = {order[0] for order in parts.values() if order}
    if not c.says("T1-P2", "one atomic"):
        return true("one atomic transaction", "none is claimed", holds=True)
    found = at_most("stores of one atomic transaction", quantity(len(stores)), 1)
    return joint(found, "T1-P2")


def _meanings(c: Reader) -> Outcome:
    meanings = {
        "LF-07": ("processed", "committed, with the balance after"),
        "T2-P1": ("in memory", "only buffered"),
        "EC-02": ("write fails", "the write has failed"),
    }
    said = {}
    for claim, (phrase, meaning) in meanings.items():
        code = c(claim, {"LF-07": "@ with", "T2-P1": "answers @", "EC-02": "backoff, @"}[claim])
        said[claim] = f"{code.shown()}: {meaning}" if c.says(claim, phrase) else ""
    return agree("what a reply of success means", said)


def _receipt_ids(c: Reader) -> Outcome:
    first = c.order("T2-P1", "r_pending")
    later = c.order("T2-P2", "r_final")
    ids = {*first, *later}
    mapped = c.says("T2-P1", "r_final") or c.says("T2-P2", "r_pending")
    holds = len(ids) <= 1 or mapped
    return true("one usage has one receipt id (T1-P4)", f"{len(ids)} ids, mapped: {mapped}", holds=holds)


def _worked_example(c: Reader) -> Outcome:
    """When the key row exists, and when the retry looks for it."""
    arrival = c("T1-P1", "t=@")
    committed = total([arrival, *(c(f"LA-0{stage}") for stage in range(1, 6))])
    looked = c("T1-P4") + total(c(f"LA-0{stage}") for stage in range(1, 4))
    waited = c("T1-P4") - arrival
    return beside(
        every(
            at_least("the retry looks up the key", c("T1-P4"), committed),
            at_least("the client's timeout", waited, c("EC-04")),
        ),
        [("lookup at the latest", looked), ("too early by", committed - looked)],
    )


def _applied_once(c: Reader) -> Outcome:
    at_most_once = c.says("T1-F", "<=") or c.says("T1-F", "at most")
    lowest = c("T1-F", "n>@")
    return every(
        true(
            "a refused event is covered",
            "count = 1 leaves out 0" if not at_most_once else "counts up to 1",
            holds=at_most_once,
            against="T1-F",
        ),
        at_most("arrivals below which nothing is said", lowest, 0),
    )


def _aba(c: Reader) -> Outcome:
    """A balance that comes back passes a guard on the balance: the sample's debit, undone in between."""
    start, amount = c("LF-09"), c("LF-09", "amount @")
    between = start - amount + amount
    passes = between.value == start.value and c.says("LF-05", "WHERE balance = old balance")
    counted = c.says("LF-05", "WHERE event_count")
    computed = f"{start.shown()}, {(start - amount).shown()}, {between.shown()}: the guard passes"
    return true(
        "the guard notices a changed row",
        computed if passes else "it does",
        holds=not passes or counted,
        against="LF-05",
    )


def _lost_with_memory(c: Reader) -> Outcome:
    events = c("T2-SD") * c("AS-04", "nominal @")
    told = [("of each instance", c("DL-04"))]
    resubmitted = c.says("DL-04", "resubmit")
    found = beside(at_most("acknowledged events lost without a datacentre", events, 0), told)
    return joint(found, "T2-SD") if resubmitted else joint(found)


def _steps_of(c: Reader) -> Outcome:
    """Later layers are written after the stores that they are to replace."""
    stores, archive, messages = (
        c.where("LF-05", "#step @"),
        c.where("LF-06", "#step @"),
        c.where("LF-08", "#step @"),
    )
    return every(
        at_most("step that writes the archive", archive, stores),
        at_most("step that publishes", messages, stores),
    )


def _immutable(c: Reader) -> Outcome:
    deletes = c("CT-07", "deletes @")
    changing = [
        claim
        for claim, phrase in (
            ("CO-11", "roll back"),
            ("CO-13", "voided"),
            ("CO-16", "manual corrections"),
            ("FM-06", "roll back"),
        )
        if c.says(claim, phrase)
    ]
    found = at_most("deletes from what cannot be deleted", deletes, deletes * 0)
    told = [
        ("a year", deletes * seconds(365 * 86_400)),
        ("of all events", deletes * seconds(365 * 86_400) / volume(c)),
        ("claims that change entries", quantity(len(changing))),
    ]
    return joint(beside(found, told), "CO-15")


def _failover_loss(c: Reader) -> Outcome:
    none = seconds(0) if c.says("RS-06", "without losing") else c("RS-03", "(max @)")
    named = Quantity(value=none.value, dimension=none.dimension, text="no loss", origins=frozenset({"RS-06"}))
    return same(
        "what a failover may lose",
        named,
        c("RS-03", "(max @)"),
        c("RS-05", "RPO @"),
        c("T4-R1"),
        c("T4-P1", "case @"),
    )


def _standby_kinds(c: Reader) -> Outcome:
    kinds = {
        "T4-A1": "asynchronous" if c.says("T4-A1", "asynchronously") else "",
        "RS-02": "active-passive" if c.says("RS-02", "active-passive") else "",
        "TF-1": "one multi-region instance" if c.says("TF-1", "nam11") else "",
        "TF-3": "a backup" if c.says("TF-3", "backup") else "",
        "T2-SC": "restored from a backup" if c.says("T2-SC", "restored from backup") else "",
    }
    return every(
        agree("what the standby Spanner is", kinds),
        same("its recovery time", c("RS-02"), c("RS-01", "standby < @"), c("FM-03")),
    )


def _routes(c: Reader) -> Outcome:
    automatic, one = c.says("RS-03", "routes automatically"), c.says("TF-4", "only the primary")
    return not_both("the balancer routes to the other region", automatic, one, "it knows one group", "RS-03")


def _split(c: Reader) -> Outcome:
    routed, promoted = c("T4-R3", "< @ routing"), c("T4-R3", "#-@ activation")
    if not (c.says("RS-03", "manual promotion") or c.says("RS-05", "manual promotion")):
        return true("traffic waits for the promotion", "the promotion is automatic", holds=True)
    return beside(
        at_least("traffic arrives after the promotion", routed, promoted),
        [("unserved or split for", promoted - routed)],
    )


def _detector(c: Reader) -> Outcome:
    """The job that is said to find tampering compares balances; what that finds is searched."""
    checks = c.says("T4-V", "signature") or c.says("T4-V", "hash")
    if checks:
        return true("the job looks at the chain", "it does", holds=True)
    return switch_falls(
        c,
        "T3",
        f"tampering is found within {c('T3-T1').shown()} by a job that replays balances",
        said={"head_audit": not checks},
        against="T3-T1",
    )


def _detection_times(c: Reader) -> Outcome:
    documented = c("T3-T1")
    periods = [c.period(claim) for claim in ("T3-T1", "T3-T2", "T3-T4", "T3-T5")]
    found = every(
        *(at_least("detection, against the period of the job", documented, period) for period in periods)
    )
    return beside(found, [("also promised", c("T3-T3"))])


PROTOCOL: dict[str, Check] = {
    "XA-01": lambda c: agree("order of writes", {"CO-09": _order(c, "CO-09"), "CO-10": _order(c, "CO-10")}),
    "XA-02": _stores,
    "XA-03": lambda c: switch_falls(
        c,
        "T1",
        "the key is inserted with the debit",
        said={"key_check": not c.says("LF-05", "INSERT")},
        against="T1-A2",
    ),
    "XA-04": lambda c: agree(
        "source of truth",
        {
            "CO-07": "Firestore" if c.says("CO-07", "Firestore") else "",
            "CO-08": "Spanner" if c.says("CO-08", "Spanner is source of truth") else "",
            "RS-10": "Firestore" if c.says("RS-10", "Firestore has all data") else "",
        },
    ),
    "XA-05": _meanings,
    "XA-06": lambda c: switch_falls(
        c,
        "T2",
        f"HTTP {c('T2-F').shown()} implies the event is in a store",
        said={"ack_point": c.says("T2-P1", "in memory")},
        against="T2-F",
    ),
    "XA-07": lambda c: not_both(
        "an event that is not lost is in the balance",
        c.says("T2-D", "balance"),
        c.says("T2-F", "at least one of"),
        "the formula is met by Firestore alone, the definition is not",
        "T2-F",
    ),
    "XA-08": _receipt_ids,
    "XA-09": lambda c: agree(
        "reply to a repeated key",
        {
            "T1-P4": "the receipt" if c.says("T1-P4", "cached r1 returned") else "",
            "T1-X": "the receipt and a status" if c.says("T1-X", "status") else "the receipt",
        },
    ),
    "XA-10": _worked_example,
    "XA-11": _applied_once,
    "XA-12": lambda c: switch_falls(
        c,
        "T1",
        "a refused event stays refused",
        said={
            "write_order": c.order("CO-09", *STORES)[:1] == ("Firestore",),
            "repair_direction": c.says("CO-12", "Firestore authoritative"),
        },
        against="EC-03",
    ),
    "XA-13": _aba,
    "XA-14": _lost_with_memory,
    "XA-15": lambda c: not_both(
        "a buffer that is replayed survives",
        c.says("EC-02", "instance restart"),
        c.says("EC-02", "replay"),
        "the restart empties what is to be replayed",
        "EC-02",
    ),
    "XA-16": lambda c: not_both(
        "Firestore has what the buffer held",
        c.says("DL-02", "Firestore has data"),
        c.says("EC-02", "Firestore write fails"),
        "what is buffered is what Firestore lacks",
        "DL-02",
    ),
    "XA-17": _steps_of,
    "XA-18": lambda c: not_both(
        "consistent and available",
        c.says("SC-22", "CA"),
        c.says("FM-05", "partition"),
        "partitions are listed as a failure",
        "SC-22",
    ),
    "XA-19": lambda c: (
        every(
            joint(at_most("a read of one's own write, behind by", c("T4-L2"), seconds(0)), "CO-03"),
            joint(at_most("balance behind by", c("T4-L6"), seconds(0)), "CO-03"),
        )
        if c("CO-03") >= 1
        else true("some reads are their own writes", "not all are promised", holds=True)
    ),
    "XA-20": _immutable,
    "XA-21": lambda c: not_both(
        "Firestore can rebuild the balances",
        c.says("RS-10", "Firestore has all data"),
        c.says("T2-SB", "Firestore fails"),
        "scenario B leaves committed debits in Spanner alone",
        "RS-10",
    ),
    "XA-22": _failover_loss,
    "XA-23": lambda c: agree(
        "the region of the other copy",
        {
            "T2-SC": "eu-west1" if c.says("T2-SC", "eu-west1") else "us-east1",
            "SC-18": "us-east1" if c.says("SC-18", "us-east1 standby") else "",
            "RS-01": "us-east1" if c.says("RS-01", "us-east1") else "",
        },
    ),
    "XA-24": _standby_kinds,
    "XA-25": _routes,
    "XA-26": _split,
    "XA-27": lambda c: agree(
        "active regions",
        {
            "SC-18": "one" if c.says("SC-18", "active-passive") else "",
            "SC-19": "two" if c.says("SC-19", "Two active") else "",
        },
    ),
    "XA-28": _detector,
    "XA-29": _detection_times,
    "XA-30": lambda c: same("period of reconciliation", c("CO-05"), c.period("CO-06")),
}
