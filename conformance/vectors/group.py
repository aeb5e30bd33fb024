"""The form of a vector group.

Source: ``conformance.md`` section 5.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from billproof.conformance.documents import (
    Document,
    Value,
    as_document,
    inner_of,
    list_of,
    number_of,
    text_of,
)
from billproof.model.canonical import canonical_bytes

IDENTITY: Final = re.compile(r"[a-z0-9]+(\.[a-z0-9-]+)+")
"""The form of an id, which is never used again and never renamed."""

SINCE: Final = "2026.1"
"""The revision that these groups came with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One case: what is asked, and what the answer must be."""

    name: str
    args: Document
    outcome: str
    """``ok`` or ``rejected``."""
    value: Document
    """Members that an ``ok`` must have, with these values."""
    code: str = ""
    mutates: str = ""
    """What is wrong in it; empty for the good one."""

    def document(self) -> Document:
        """Return it as it stands in a file."""
        expect: Document = {"outcome": self.outcome}
        if self.outcome == "ok":
            expect["value"] = self.value
        if self.code:
            expect["code"] = self.code
        document: Document = {"m": self.name, "args": self.args, "expect": expect}
        if self.mutates:
            document["mutates"] = self.mutates
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Cases that belong together; credit is given for all of them or for none."""

    id: str
    title: str
    family: str
    profile: str
    op: str
    clauses: tuple[str, ...]
    why: str
    members: tuple[Member, ...]
    flags: tuple[str, ...] = ()
    rev: int = 1

    def document(self) -> Document:
        """Return it as it stands in a file, with the digest of its content."""
        content: Document = {
            "id": self.id, "rev": self.rev, "since": SINCE, "title": self.title, "profile": self.profile,
            "level": "L0", "requires": [f"vectors {self.family}"], "clauses": list[Value](self.clauses),
            "op": self.op, "members": [member.document() for member in self.members],
            "flags": list[Value](self.flags), "why": self.why,
            "provenance": {"generator": "billproof conform vectors build", "seed": "0"},
        }  # fmt: skip
        return {**content, "content_sha256": hashlib.sha256(canonical_bytes(content)).hexdigest()}


def read_group(document: Document, family: str) -> Group:
    """Read a group from a file, and check its digest.

    Raises:
        MemberError: It lacks a member.
        ValueError: Its digest is another.
    """
    members = []
    for value in list_of(document, "members"):
        member = as_document(value, "member")
        expect = inner_of(member, "expect")
        members.append(
            Member(
                name=text_of(member, "m"), args=inner_of(member, "args"), outcome=text_of(expect, "outcome"),
                value=inner_of(expect, "value"), code=text_of(expect, "code", ""),
                mutates=text_of(member, "mutates", ""),
            )
        )  # fmt: skip
    group = Group(
        id=text_of(document, "id"), title=text_of(document, "title"), family=family,
        profile=text_of(document, "profile"), op=text_of(document, "op"), why=text_of(document, "why"),
        clauses=_texts(document, "clauses"), flags=_texts(document, "flags"),
        members=tuple(members), rev=number_of(document, "rev"),
    )  # fmt: skip
    if group.document()["content_sha256"] != document.get("content_sha256"):
        raise ValueError(f"group {group.id} is not what its digest says; it was edited by hand")
    return group


def _texts(document: Document, name: str) -> tuple[str, ...]:
    return tuple(str(value) for value in list_of(document, name))


def good(args: Document, value: Document, name: str = "ok") -> Member:
    """Return a case that must be answered ``ok`` with these members."""
    return Member(name=name, args=args, outcome="ok", value=value)


def bad(name: str, args: Document, code: str, mutates: str) -> Member:
    """Return a case that must be refused."""
    return Member(name=name, args=args, outcome="rejected", value={}, code=code, mutates=mutates)


def answered(groups: Iterable[Group], index: dict[str, tuple[str, Document, str]]) -> tuple[Group, ...]:
    """Return groups whose expectations are replaced by answers, for those that are in the index."""
    made = []
    for group in groups:
        members = []
        for member in group.members:
            outcome, value, code = index.get(
                f"{group.id}:{member.name}", (member.outcome, member.value, member.code)
            )
            members.append(replace(member, outcome=outcome, value=value, code=code))
        made.append(replace(group, members=tuple(members)))
    return tuple(made)
