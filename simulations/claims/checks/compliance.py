"""Compliance and security: XH-01 to XH-17; the documents themselves: XJ-01 to XJ-06.

Source: ``claims.md`` 2.8 and 2.10.
"""

from billproof.model.platform.firestore_rules import Caller, Collection, Isolation, Operation, Request, decide
from billproof.model.platform.units import TenantNumber
from billproof.simulations.claims.checks.shared import not_both
from billproof.simulations.claims.quantities import quantity, seconds, total
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.relations import (
    Check,
    Outcome,
    agree,
    at_least,
    at_most,
    beside,
    equal,
    every,
    joint,
    same,
    true,
)

COUNTRIES = ("Belgium", "Ireland", "Netherlands", "Finland", "Germany")

DOCUMENTS = ("SYSTEM_ARCHITECTURE.md", "DATA_CONSISTENCY_PROOFS.md", "CAPACITY_PLANNING.md")


def _resident(c: Reader) -> Outcome:
    optional = c.says("CP-3", "optional") and c.says("CP-3", "gap")
    share = c("CS-22", "@ EU")
    found = at_most("customers whose data is elsewhere while it is compliant", share, 0)
    ok = true("the EU region is there from the start", "it is", holds=True)
    return joint(found, "CP-3") if optional and c.says("CP-3", "compliant") else ok


def _deletion(c: Reader) -> Outcome:
    kept = c("RE-02") if c.says("CO-15", "cannot be modified or deleted") else c("RE-05", "kept @")
    return joint(at_most("retention of what must be deleted", kept, c("RE-05")))


def _audit_rate(c: Reader) -> Outcome:
    each = c("CS-02", "avg @") / c("CS-01") * seconds(3600)
    return at_least("suspicious above, against what one customer does in an hour", c("AU-3"), each)


def _audit_writes(c: Reader) -> Outcome:
    budgeted = c("CT-07", "Writes @") - c("CS-15", "avg @")
    found = at_least("writes/s budgeted beyond the ledger's", budgeted, c("CS-15", "avg @"))
    return (
        joint(found, "AU-2") if c.says("AU-2", "Every action logged") else true("no log", "none", holds=True)
    )


def _two_isolations(c: Reader) -> Outcome:
    """The two published predicates are asked about every request of two tenants."""
    by_field, by_path = c.says("IS-06", "resource.data.tenant_id"), c.says("IS-03", "tenant")
    if not (by_field and by_path):
        return true("one isolation rule", "only one is said", holds=True)
    tenants = (TenantNumber(1), TenantNumber(2))
    requests = [
        Request(Caller.CLIENT, one, Collection.EVENTS, operation, path, stored, exists=True)
        for one in tenants
        for path in tenants
        for stored in tenants
        for operation in Operation
    ]
    differ = [
        item for item in requests if decide(item, Isolation.BY_PATH) != decide(item, Isolation.BY_FIELD)
    ]
    return joint(at_most(f"requests of {len(requests)} on which the rules differ", quantity(len(differ)), 0))


def _words(c: Reader) -> Outcome:
    names = (*DOCUMENTS, "ARCHITECTURE_SUMMARY.md", "README.md", "INDEX.md", "DELIVERY_MANIFEST.txt")
    counted = {name: c("D1", f"{name} @") for name in names}
    places = {
        DOCUMENTS[0]: "@ words",
        DOCUMENTS[1]: "words; DATA_CONSISTENCY_PROOFS.md @",
        DOCUMENTS[2]: "PLANNING.md @",
    }
    found = every(
        *(equal(f"words of {name}", c("DO-1", place), counted[name]) for name, place in places.items()),
        equal("words in all", c("DO-1", "total @"), total(counted.values())),
    )
    return beside(found, [("times", c("DO-1", "total @") / total(counted.values()))])


COMPLIANCE: dict[str, Check] = {
    "XH-01": _resident,
    "XH-02": lambda c: agree(
        "where EU billing happens",
        {
            "CP-1": "in eu-west1, written there" if c.says("CP-1", "EU billing events in eu-west1") else "",
            "CP-2": "in the primary, eu-west1 only reads"
            if c.says("CP-2", "billing computed in primary")
            else "",
        },
    ),
    "XH-03": lambda c: not_both(
        "eu-west1 holds EU data only",
        c.says("CP-1", "EU personal data"),
        c.says("T2-SC", "eu-west1"),
        "the failover copy of the primary is there",
        "T2-SC",
    ),
    "XH-04": _deletion,
    "XH-05": lambda c: same("retention of the audit log", c("RE-03"), c("RE-04", "deleted after @")),
    "XH-06": lambda c: agree(
        "penetration tests",
        {
            "CP-5": "annual" if c.says("CP-5", "pen test annual") else "",
            "CP-6": "quarterly" if c.says("CP-6", "Pen tests quarterly") else "",
        },
    ),
    "XH-08": lambda c: agree(
        "country of the EU region",
        {
            "SC-21": " ".join(c.order("SC-21", *COUNTRIES)),
            "E8": " ".join(c.order("E8", *COUNTRIES)),
        },
    ),
    "XH-09": _audit_rate,
    "XH-10": _audit_writes,
    "XH-11": lambda c: not_both(
        "only the ends can read",
        c.says("CP-7", "End-to-end encryption"),
        c.says("T7-A1", "balances"),
        "the server rates and signs what it reads",
        "CP-7",
    ),
    "XH-12": lambda c: agree(
        "who holds the keys",
        {
            "SE-5": "the vendor" if c.says("SE-5", "Google-managed") else "",
            "T3-A3": "our HSM" if c.says("T3-A3", "HSM") else "",
        },
    ),
    "XH-13": lambda c: agree(
        "whose cloud it is",
        {
            "SE-8": "another vendor's (CloudTrail)" if c.says("SE-8", "CloudTrail") else "",
            "OP-2": "another vendor's (CloudFront)" if c.says("OP-2", "CloudFront") else "",
            "TF-2": "Google's (Firestore)" if c.says("TF-2", "Firestore") else "",
        },
    ),
    "XH-14": lambda c: not_both(
        "TLS 1.3 is enforced",
        c.says("SE-2", "TLS"),
        c.says("TF-5", "TLS policy"),
        "no TLS policy is defined",
        "SE-2",
    ),
    "XH-16": lambda c: (
        joint(at_most("retention of addresses in receipts", c("RE-05", "kept @"), c("RE-05")), "T7-A1")
        if c.says("T7-A1", "origin IP")
        else true("receipts hold no personal data", "none", holds=True)
    ),
    "XH-17": _two_isolations,
    "XJ-01": _words,
    "XJ-02": lambda c: every(
        *(
            equal("words of ARCHITECTURE_SUMMARY.md", c("DO-2", place), c("D1", "ARCHITECTURE_SUMMARY.md @"))
            for place in ("@ words (DEL", "or @")
        ),
        equal(
            "words of SYSTEM_ARCHITECTURE.md",
            c("DO-2", "SYSTEM_ARCHITECTURE.md is @"),
            c("D1", "SYSTEM_ARCHITECTURE.md @"),
        ),
    ),
    "XJ-03": lambda c: every(
        equal("lines of README.md", c("DO-3"), c("D2")),
        equal("lines of INDEX.md", c("DO-3", "INDEX.md @"), c("D2", "INDEX.md @")),
        equal("lines in all", c("DO-3", "total @"), c("D2", "total @")),
    ),
    "XJ-04": lambda c: every(
        *(
            equal("size of the documents", c("DO-4", place), c("D3"))
            for place in ("files @ (INDEX", "files @ (DEL", "lines @")
        )
    ),
    "XJ-05": lambda c: every(
        at_most("tables", c("DO-5", "@ tables"), c("D4", "@ tables")),
        at_most("code examples", c("DO-5", "@ code"), c("D4", "@ tagged")),
        equal("questions answered", c("DO-5", "@ Q"), c("D4", "@ Q")),
        not_both(
            "Erlang examples",
            c.says("DO-5", "incl. Erlang"),
            c.says("D4", "no Erlang"),
            "there are none",
            "DO-5",
        ),
        not_both(
            "Mermaid diagrams",
            c.says("DO-5", "Mermaid"),
            c.says("D4", "no Mermaid"),
            "there are none",
            "DO-5",
        ),
    ),
    "XJ-06": lambda c: same("time to read", c("DO-6"), c("DO-6", "vs @")),
}
