"""The one shape that nearly all receipts have, as one pattern: an accepted debit without an escape.

It is a part of the canonical form that ``receipts`` reads: whatever matches here is read there to the same
fields, but for what no pattern can say - that the days exist and the id is that of the entry. It captures
what an audit needs and nothing else, which halves the time of a match. Tests hold the two against each other.

Not here: what to do with a receipt of another shape; the plain way takes it.

Source: ``receipts``; ``performance.md``, "Receipts".
"""

import re
from typing import Final

from billproof.model.receipts import VERSION

_TEXT: Final = r'[^"\\\x00-\x1f]*+'
_WHOLE: Final = r'(?!-0")-?(?:0|[1-9][0-9]{0,26})'
_DECIMALS: Final = r"[0-9]{0,11}[1-9]"
_AMOUNT: Final = rf'"({_WHOLE})(?:\.({_DECIMALS}))?"'
_UNREAD_AMOUNT: Final = rf'"{_WHOLE}(?:\.{_DECIMALS})?"'
_INSTANT: Final = (
    r'"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{0,5}[1-9])?Z)"'
)
_DIGEST: Final = r'"([0-9a-f]{64})"'

_TERMS: Final = (
    rf'\{{"account":"(?:prepaid|credit)","credit_limit":{_UNREAD_AMOUNT}'
    rf',"limit":{_UNREAD_AMOUNT},"quota":{_UNREAD_AMOUNT}\}}'
)

_MEMBERS: Final = ",".join(
    (
        rf'"amount":{_AMOUNT}',
        rf'"balance_after":{_AMOUNT}',
        rf'"balance_before":{_AMOUNT}',
        rf'"chain":"({_TEXT})"',
        rf'"commit_time":{_INSTANT}',
        r'"currency":"[A-Z]{3}"',
        rf'"entitlement":"({_TEXT})"',
        r'"epoch":(?:0|[1-9][0-9]{0,14})',
        rf'"event_time":{_INSTANT}',
        rf'"idempotency_key":"({_TEXT})"',
        rf'"issuer":"{_TEXT}"',
        rf'"key_id":"({_TEXT})"',
        r'"kind":"debit"',
        r'"period":"([0-9]{4}-(?:0[1-9]|1[0-2]))"',
        rf'"prev":{_DIGEST}',
        r'"price_plan_hash":"(?:[0-9a-f]{64}|)"',
        r'"receipt_id":"r-([0-9a-f]{32})"',
        rf'"request_fingerprint":{_DIGEST}',
        r'"seq":([1-9][0-9]{0,14})',
        r'"status":"accepted"',
        rf'"terms":({_TERMS})',
        rf'"usage":"{_TEXT}"',
        rf'"version":{VERSION}',
    )
)

DEBIT_BODY: Final = re.compile(rf"\{{{_MEMBERS}\}}")
"""Its groups: amount, balance after and balance before, each as whole part and decimals; chain, commit time,
entitlement, event time, idempotency key, key id, period, prev, id, fingerprint, seq, terms."""
