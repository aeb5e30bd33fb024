"""The trace of a service: for every commit, the commands that it executed and what each came to.

One JSON line per commit. A line stands for a commit that is durable; after a crash the last commit may be
missing from the trace, never from the ledger. ``refinement`` replays a trace against the core.

Not here: secrets. A trace holds requests, so it is as confidential as the ledger.
"""

import json
import os
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Final

from billproof.model import commands
from billproof.model.canonical import CanonicalValue, parse_json
from billproof.model.commands import (
    Adjust,
    AdvanceTime,
    ChangeTier,
    Charge,
    Command,
    Complete,
    Crash,
    GiveCredit,
    LookUp,
    OpenAccount,
    Refund,
    TopUp,
)
from billproof.model.context import Outcome
from billproof.model.identifiers import (
    Amount,
    AttemptId,
    CurrencyCode,
    CustomerId,
    Digest,
    EntitlementId,
    Fingerprint,
    IdempotencyKey,
    Instant,
    IssuerId,
    Period,
    Position,
    PricePlanHash,
    Sequence,
    SigningKeyId,
    UsageText,
)
