"""Finding: Z3 as an adviser, before anything is claimed.

From many hypotheses and many goals it finds which goals follow, and which hypotheses they need. The advice
decides only what is put into the text of an obligation; the obligation is then decided by both solvers from
that text. Wrong advice can lose a proof, never make one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import z3

from billproof.invariants.prove.smtlib import literal_name
from billproof.invariants.prove.solvers import Answer
from billproof.invariants.prove.symbols import BOOL, INT, Symbol
from billproof.invariants.prove.terms import Term
from billproof.invariants.prove.traversal import Evaluator, Value, default_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What Z3 says of some goals together."""

    answer: Answer
    core: tuple[int, ...] = ()
    """Where the goals follow: the hypotheses that were needed."""
    failing: tuple[int, ...] = ()
    """Where they do not: the goals that fail in the model."""


class Finder:
    """Hypotheses and goals, parsed once, asked in parts."""

    def __init__(
        self, text: str, hypotheses: int, goals: int, milliseconds: int, *, models: bool = False
    ) -> None:
        """Parse.

        Args:
            text: What may be used, and conditions of which each must be impossible (``render_named``).
            hypotheses: How many of the first.
            goals: How many of the second.
            milliseconds: The limit of one question.
            models: Whether models are expected rather than proofs.
        """
        self._context = z3.Context()
        self._solver = z3.SimpleSolver(ctx=self._context)
        self._solver.set("timeout", milliseconds)
        # For a proof every term is in the text because it matters, and Z3 need not find out which do. A model
        # is found several times faster if it does.
        self._solver.set("relevancy", 2 if models else 0)
        # The simplex of before, which is a fifth faster on what there is of arithmetic here.
        self._solver.set("arith.solver", 2)
        self._solver.from_string(text)
        self._labels = [self._constant(f"h{index}") for index in range(hypotheses)]
        self._goals = [self._constant(f"g{index}") for index in range(goals)]
        self._model: z3.ModelRef | None = None

    def _constant(self, name: str) -> z3.BoolRef:
        return z3.Bool(name, self._context)

    def ask(self, goals: Sequence[int]) -> Found:
        """Return whether all the goals with these numbers are impossible under the hypotheses."""
        solver = self._solver
        solver.push()
        solver.add(z3.Or([self._goals[index] for index in goals]))
        answer = Answer(str(solver.check(*self._labels)))
        found = Found(answer=answer)
        if answer is Answer.UNSAT:
            core = {str(label) for label in solver.unsat_core()}
            found = Found(
                answer=answer, core=tuple(index for index in range(len(self._labels)) if f"h{index}" in core)
            )
        elif answer is Answer.SAT:
            self._model = solver.model()
            failing = tuple(index for index in goals if self._fails(index))
            found = Found(answer=answer, failing=failing)
        solver.pop()
        return found

    def _fails(self, goal: int) -> bool:
        assert self._model is not None
        return bool(z3.is_true(self._model.eval(self._goals[goal], model_completion=True)))

    def values(self, terms: Sequence[Term]) -> dict[Term, Value]:
        """Return the values of all terms below ``terms`` in the last model; empty if there was none."""
        return {} if self._model is None else _values(self._model, terms)


def any_value(sort: str) -> Value:
    """Return a value for what a model leaves open, because it does not matter."""
    return default_value(sort) if sort in (INT, BOOL) else f"{sort}!any"


def _values(model: z3.ModelRef, terms: Sequence[Term]) -> dict[Term, Value]:
    """Return the values of terms in a Z3 model, identifiers by the names of their elements."""
    elements: dict[str, z3.ExprRef] = {}
    declarations = {str(declaration.name()): declaration for declaration in model.decls()}

    def shown(expression: z3.ExprRef) -> Value:
        if z3.is_int_value(expression):
            return int(cast("z3.IntNumRef", expression).as_long())
        if z3.is_true(expression) or z3.is_false(expression):
            return bool(z3.is_true(expression))
        elements[str(expression)] = expression
        return str(expression)

    def parsed(value: Value) -> object:
        return elements.get(value, value) if isinstance(value, str) else value

    def interpret(name: Symbol, args: tuple[Value, ...]) -> Value:
        declaration = declarations.get(name.name)
        if declaration is None:
            # Z3 leaves out what does not matter.
            return any_value(name.result.sort)
        try:
            return shown(model.eval(declaration(*[parsed(arg) for arg in args]), model_completion=True))
        except z3.Z3Exception:
            return any_value(name.result.sort)

    def literal(sort: str, text: str) -> Value:
        declaration = declarations.get(literal_name(sort, text))
        if declaration is None:
            return literal_name(sort, text)
        return shown(cast("z3.ExprRef", model[declaration]))

    evaluator = Evaluator(interpret, literal)
    evaluator.values(terms)
    return evaluator.known
