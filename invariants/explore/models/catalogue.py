"""The named models, with the parameters that a user may set, and how each is searched."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from billproof.invariants.explore.breadth_first import search_plainly
from billproof.invariants.explore.compiled.search import search_compiled
from billproof.invariants.explore.findings import Limits, Progress, SearchCounts, Stopped
from billproof.invariants.explore.models.charge_replication import Setting, charge_replication
from billproof.invariants.explore.models.model import Model, S
from billproof.invariants.explore.models.two_phase_commit import two_phase_commit
from billproof.model.design import SHIPPED
from billproof.model.portable import PortableError

PLAIN, COMPILED = "plain", "compiled"
ENGINES = (PLAIN, COMPILED)

Value: TypeAlias = int | bool | str


class ParameterError(PortableError):
    """A parameter of a named model is not there, or cannot have this value; the caller must mend it.

    Args:
        model: Which model.
        name: Which parameter.
        problem: What is wrong with it.
        remedy: What to write.
    """

    def __init__(self, model: str, name: str, problem: str, remedy: str) -> None:
        super().__init__(f"{model}: {name} {problem}; {remedy}")
        self.source = model
        self.place = name
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What may be set of a model."""

    name: str
    meaning: str
    default: Value
    highest: int = 0
    """Of a number, which is at least ``lowest``."""
    lowest: int = 1
    choices: tuple[str, ...] = ()
    """Of a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """How a model is to be searched."""

    values: Mapping[str, Value]
    """A value of every parameter."""
    engine: str
    symmetry: bool
    limits: Limits
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """A model that a user can ask for."""

    name: str
    story: str
    parameters: tuple[Parameter, ...]
    engines: tuple[str, ...]
    """The first is used where none is asked for."""
    has_symmetry: bool
    run: Callable[[Task], SearchCounts]


def values_of(model: NamedModel, texts: Mapping[str, str]) -> dict[str, Value]:
    """Return the values of all parameters, those that were set and the defaults.

    Raises:
        ParameterError: There is no such parameter, or it cannot have this value.
    """
    known = {parameter.name: parameter for parameter in model.parameters}
    for name in texts:
        if name not in known:
            raise ParameterError(model.name, name, "is no parameter", f"there are {', '.join(known)}")
    return {
        name: _value(model.name, parameter, texts[name]) if name in texts else parameter.default
        for name, parameter in known.items()
    }


def _value(model: str, parameter: Parameter, text: str) -> Value:
    if isinstance(parameter.default, bool):
        if text.casefold() not in {"true", "false"}:
            raise ParameterError(model, parameter.name, f"is {text!r}", "write true or false")
        return text.casefold() == "true"
    if isinstance(parameter.default, str):
        if text not in parameter.choices:
            remedy = f"write one of {', '.join(parameter.choices)}"
            raise ParameterError(model, parameter.name, f"is {text!r}", remedy)
        return text
    if not (text.isascii() and text.isdigit()) or not parameter.lowest <= int(text) <= parameter.highest:
        remedy = f"write a whole number from {parameter.lowest} to {parameter.highest}"
        raise ParameterError(model, parameter.name, f"is {text!r}", remedy)
    return int(text)


def _search(model: Model[S], task: Task) -> SearchCounts:
    proof = ""
    if task.symmetry:
        # Loaded where it is needed: the solvers take longer to load than many a search takes.
        from billproof.invariants.explore.compiled.equivariance import prove_equivariance

        try:
            proof = str(prove_equivariance(model, task.limits))
        except Stopped as reason:
            return SearchCounts(
                distinct=0, generated=0, depth=0, breach=None, stopped=reason.reason, canonical=0
            )
    search = search_compiled if task.engine == COMPILED else search_plainly
    found = search(model, task.limits, task.progress, symmetry=task.symmetry)
    return replace(found, symmetry=proof)


def _two_phase_commit(task: Task) -> SearchCounts:
    return _search(two_phase_commit(int(task.values["participants"])), task)


def _charge_replication(task: Task) -> SearchCounts:
    setting = Setting(
        clients=int(task.values["clients"]),
        keys=int(task.values["keys"]),
        sends=int(task.values["sends"]),
        crashes=int(task.values["crashes"]),
        sync_ack=bool(task.values["sync_ack"]),
    )
    return _search(charge_replication(setting), task)


def _billing(task: Task) -> SearchCounts:
    # Loaded where it is needed: the theorems take longer to load than a search of another model takes.
    from billproof.invariants.explore.models.billing import BillingSetting, search_billing

    setting = BillingSetting(
        design=SHIPPED[str(task.values["design"])],
        customers=int(task.values["customers"]),
        keys=int(task.values["keys"]),
        amounts=int(task.values["amounts"]),
        regions=int(task.values["regions"]),
        failovers=int(task.values["failovers"]),
    )
    return search_billing(setting, task.limits, task.progress, symmetry=task.symmetry)


NAMED: Mapping[str, NamedModel] = {
    model.name: model
    for model in (
        NamedModel(
            name="two-phase-commit",
            story="a manager and its participants decide together (Gray and Lamport)",
            parameters=(Parameter(name="participants", meaning="how many take part", default=3, highest=12),),
            engines=(COMPILED, PLAIN),
            has_symmetry=True,
            run=_two_phase_commit,
        ),
        NamedModel(
            name="charge-replication",
            story="keyed charges with retries, an asynchronous replica and a fail-over",
            parameters=(
                Parameter(name="clients", meaning="how many clients", default=2, highest=4),
                Parameter(name="keys", meaning="keys of each client", default=2, highest=4),
                Parameter(name="sends", meaning="how often one charge is sent at most", default=2, highest=7),
                Parameter(name="crashes", meaning="how many fail-overs", default=1, lowest=0, highest=3),
                Parameter(name="sync_ack", meaning="whether a reply waits for the replica", default=True),
            ),
            engines=(COMPILED, PLAIN),
            has_symmetry=True,
            run=_charge_replication,
        ),
        NamedModel(
            name="billing",
            story="the core itself, under a design, all clauses of all theorems judged",
            parameters=(
                Parameter(name="customers", meaning="how many customers", default=1, highest=3),
                Parameter(name="keys", meaning="keys of each customer", default=1, highest=3),
                Parameter(name="amounts", meaning="bodies sent under one key", default=1, highest=3),
                Parameter(name="regions", meaning="one, or two with fail-overs", default=1, highest=2),
                Parameter(name="failovers", meaning="how many, of two regions", default=1, highest=3),
                Parameter(name="design", meaning="the rules", default="repaired", choices=tuple(SHIPPED)),
            ),
            engines=(PLAIN,),
            has_symmetry=True,
            run=_billing,
        ),
    )
}
"""The models by name."""
