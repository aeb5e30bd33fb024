"""Evidence: what is kept of a proof - obligations as text, goals by name, failures as readable states.

Nothing here holds a term, so that a part of a proof can be made in another process and sent back.
"""

import hashlib
from dataclasses import dataclass

from billproof.invariants.prove.solvers import Answer, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalName:
    """Which goal: what it is for, of which clause, and where."""

    clause: str
    """The invariant or clause that it belongs to; empty for the definedness of the core."""
    kind: str
    title: str
    """Clause with its enumerated variables, or what must be defined."""
    where: str
    """Command and case, or the initial state."""

    @property
    def name(self) -> str:
        """A name that is unique in a run."""
        return f"{self.kind} {self.title} @ {self.where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One text that both solvers decide; unsat means that every goal in it holds."""

    name: str
    goals: tuple[GoalName, ...]
    rests_on: tuple[str, ...]
    """The labels of its hypotheses: titles of invariants, axioms, ranges."""
    text: str
    exchanged: str = ""
    """The name of the obligation of which this is the same with the regions exchanged: the text is of that
    one. Empty where the text is its own."""

    @property
    def sha256(self) -> str:
        """The digest under which it is kept."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreState:
    """A counterexample to induction: a state and a command from which a goal fails.

    The state satisfies every instance of the invariants that was tried. It may be unreachable; it is never
    shown as a refutation.
    """

    state: tuple[str, ...]
    """The part of the state that the goal reads, one line for each scalar, key and position."""
    command: tuple[str, ...]
    """The fields of the command, and what else the goal speaks about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A goal that does not follow from the instances of the invariants."""

    goal: GoalName
    answer: Answer
    """``sat``, or ``unknown`` where Z3 gave up."""
    before: PreState | None
    """From where it fails; ``None`` for ``unknown``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """An obligation with the answers of the solvers."""

    obligation: Obligation
    replies: tuple[Reply, ...]

    @property
    def answer(self) -> Answer:
        """The common answer, UNKNOWN where there is none."""
        answers = {reply.answer for reply in self.replies}
        return answers.pop() if len(answers) == 1 else Answer.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Whether a case of a command can happen in a state of the invariants."""

    command: str
    case: str
    answer: Answer
    """SAT: there is a state that satisfies the instances tried. UNSAT: the case is unreachable."""

    @property
    def where(self) -> str:
        """Command and case, as goals name their place."""
        return f"{self.command} -> {self.case}"
