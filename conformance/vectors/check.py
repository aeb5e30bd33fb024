"""Asking a target the vectors of the families that it declares."""

from collections.abc import Iterator

from billproof.conformance.cells import FAMILIES, Cell
from billproof.conformance.documents import Document
from billproof.conformance.grading import Case, Status
from billproof.conformance.messages import OutcomeKind, Reply
from billproof.conformance.session import Session
from billproof.conformance.vectors.files import requirements, shipped
from billproof.conformance.vectors.group import Group, Member
from billproof.model.portable import PortableError


class UnfrozenError(PortableError):
    """A shipped group that is not the one that was frozen: a fault of the kit.

    Args:
        group: Which group.
    """

    def __init__(self, group: str) -> None:
        super().__init__(f"group {group} is required by the revision and has changed since; give it a new id")
        self.group = group


def families_of(claims: tuple[Cell, ...]) -> frozenset[str]:
    """Return the families of vectors that claims need."""
    return frozenset(family for cell in claims for family in FAMILIES[cell.profile])


def run_vectors(session: Session, claims: tuple[Cell, ...], only: frozenset[str]) -> Iterator[Case]:
    """Ask every group that the claims need and that is declared, and yield what became of each.

    Raises:
        AdapterError: A family is declared and its operations are unsupported.
    """
    declared, required = session.declaration.capabilities.vectors, requirements()
    for family, groups in shipped().items():
        if family not in families_of(claims) or (family not in declared):
            continue
        for group in groups:
            if only and group.id not in only:
                continue
            frozen = required.get(group.id)
            if frozen is not None and frozen != group.document()["content_sha256"]:
                raise UnfrozenError(group.id)
            yield run_group(session, group, is_scored=frozen is not None)


def run_group(session: Session, group: Group, *, is_scored: bool = True) -> Case:
    """Ask one group; it passes only if every member is answered rightly."""
    wrong = []
    for member in group.members:
        reply = session.ask_vector(group.op, member.args)
        problem = mismatch(member, reply)
        if problem:
            wrong.append(f"{member.name}: {problem}")
    status = Status.FAIL if wrong and is_scored else Status.NOT_APPLICABLE if not is_scored else Status.PASS
    return Case(
        name=group.id, title=group.title, level=0, profiles=frozenset({group.profile}), status=status,
        detail="; ".join(wrong[:4]) if is_scored else "added after the revision: not scored",
    )  # fmt: skip


def mismatch(member: Member, reply: Reply) -> str:
    """Return how a reply differs from what a member expects, or an empty text."""
    if reply.outcome.value != member.outcome:
        return f"got {_shown(reply)}, want {member.outcome}{f'/{member.code}' if member.code else ''}"
    if reply.outcome == OutcomeKind.REJECTED and reply.code != member.code:
        return f"got {_shown(reply)}, want rejected/{member.code}"
    if reply.outcome == OutcomeKind.OK and member.value:
        value: Document = reply.value if isinstance(reply.value, dict) else {}
        for name, wanted in member.value.items():
            if value.get(name) != wanted:
                return f"{name} is {str(value.get(name))[:60]!r}, want {str(wanted)[:60]!r}"
    return ""


def _shown(reply: Reply) -> str:
    return f"{reply.outcome.value}/{reply.code}" if reply.code else reply.outcome.value
