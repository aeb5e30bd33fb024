"""Variants about audits and disputes: theorems T3 and T7."""

from typing import Final

from targets.postgres.broken.variant import Edit, Variant

AUDIT: Final = "application/audit.py"
DISPUTES: Final = "application/disputes.py"

AUDITS: Final = (
    Variant(
        name="tail_is_not_missed",
        case="edit-exports",
        rule="the audit does not compare the end of a chain with the head that a witness holds",
        violates="T3",
        edits=(
            Edit(
                file=AUDIT,
                old="    if head is not None and last < head[0]:\n",
                new="    if head is not None and last < head[0] and last < 0:\n",
            ),
            Edit(
                file=AUDIT,
                old="    elif head is not None and digests",
                new="    elif head is not None and head[0] in digests and digests",
            ),
        ),
    ),
    Variant(
        name="each_receipt_alone",
        case="edit-exports",
        rule="the audit reads each receipt by itself, and neither numbers nor links",
        violates="T3",
        also=("T6",),
        edits=(
            Edit(file=AUDIT, old="        if seq <= last:\n", new="        if seq < 0:\n"),
            Edit(file=AUDIT, old="        elif seq != last + 1:\n", new="        elif seq < 0:\n"),
            Edit(file=AUDIT, old='        elif members["prev"] != prev:\n', new="        elif seq < 0:\n"),
        ),
    ),
    Variant(
        name="repeats_are_passed",
        case="edit-exports",
        rule="the audit passes an entry that comes twice",
        violates="T3",
        also=("T6",),
        edits=(
            Edit(
                file=AUDIT,
                old="        if seq <= last:\n",
                new="        if seq == last:\n            continue\n        if seq <= last:\n",
            ),
        ),
    ),
    Variant(
        name="columns_are_believed",
        case="edit-exports",
        rule="the audit does not compare columns with the receipt beside them",
        violates="T3",
        also=("T7",),
        edits=(Edit(file=AUDIT, old="        if line.get(name) != value:\n", new="        if False:\n"),),
    ),
    Variant(
        name="signature_is_not_checked",
        case="edit-exports",
        rule="the audit looks at the form of a signature and not at whose it is",
        violates="T3",
        edits=(Edit(file=AUDIT, old='        return "SIGNATURE", body\n', new="        pass\n"),),
    ),
    Variant(
        name="audit_says_yes",
        case="edit-exports",
        rule="the audit finds nothing",
        violates="T3",
        also=("T6", "T7"),
        edits=(
            Edit(
                file=AUDIT,
                old="    return sorted(found, key=lambda finding: CODES.index(finding.code))",
                new="    return []",
            ),
        ),
    ),
    Variant(
        name="audit_says_no",
        case="edit-exports",
        rule="the audit wants a head of today, and rejects an honest ledger beside an older one",
        violates="T3",
        edits=(
            Edit(
                file=AUDIT,
                old="    if head is not None and last < head[0]:\n",
                new="    if head is not None and last != head[0]:\n",
            ),
        ),
    ),
    Variant(
        name="signed_by_nobody",
        case="edit-exports",
        rule="the receipt is signed before its amount is set, so its signature covers another text",
        violates="T3",
        also=("T7",),
        edits=(
            Edit(
                file="application/keys.py",
                old='signed.encode("ascii"), PKCS1v15(), SHA256())',
                new='signed[:60].encode("ascii"), PKCS1v15(), SHA256())',
            ),
        ),
    ),
)
"""What was changed is found, and what was not is passed."""

DISPUTED: Final = (
    Variant(
        name="dispute_always_upheld",
        case="dispute-charges",
        rule="every claim is decided for the operator",
        violates="T7",
        edits=(Edit(file=DISPUTES, old="    if claim not in CLAIMS:\n", new="    if claim == '':\n"),),
    ),
    Variant(
        name="dispute_always_reversed",
        case="dispute-charges",
        rule="every claim is decided for the customer",
        violates="T7",
        edits=(
            Edit(file=DISPUTES, old='    return _verdict("UPHELD", ', new='    return _verdict("REVERSED", '),
        ),
    ),
    Variant(
        name="dispute_without_audit",
        case="edit-stores",
        rule="a claim is decided from a chain that nobody has checked",
        violates="T7",
        edits=(Edit(file=DISPUTES, old="    if findings:\n", new="    if findings and claim == '':\n"),),
    ),
    Variant(
        name="dispute_goes_to_a_person",
        case="dispute-charges",
        rule="claims that the ledger settles are left to a person",
        violates="T7",
        edits=(Edit(file=DISPUTES, old="    if claim not in CLAIMS:\n", new="    if claim != '':\n"),),
    ),
)
"""What the evidence settles is decided as it says."""

EVIDENCE: Final = (*AUDITS, *DISPUTED)
"""All of them."""
