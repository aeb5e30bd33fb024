"""One run: probe the adapter, run the scenarios and vectors that the claims need, judge, grade.

Source: ``conformance.md`` sections 2, 3 and 7.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Final

from billproof import __version__
from billproof.conformance.cells import Cell, claimable_cells, missing_for
from billproof.conformance.errors import AdapterError, KitInputError
from billproof.conformance.grading import Case, Grades, Status, grade
from billproof.conformance.history import History
from billproof.conformance.judging.judge import Judgement, judge
from billproof.conformance.messages import Declaration
from billproof.conformance.probes import probe
from billproof.conformance.scenarios.concurrent import CONCURRENT
from billproof.conformance.scenarios.evidence import EVIDENCE
from billproof.conformance.scenarios.faulty import FAULTY
from billproof.conformance.scenarios.scene import Scenario, Scene
from billproof.conformance.scenarios.sequential import SEQUENTIAL
from billproof.conformance.session import Session
from billproof.conformance.transports.transport import REPLY_SECONDS, Transport
from billproof.conformance.vectors.check import run_vectors

SCENARIOS: Final = (*SEQUENTIAL, *EVIDENCE, *CONCURRENT, *FAULTY)
"""Every scenario, from the weakest evidence to the strongest."""

MAY_BE_OLD: Final = frozenset({"balance_is_the_fold"})
"""Clauses of which a violation is looked at once more, a moment later."""

LOOK_AGAIN_SECONDS: Final = 2.0
"""How long a copy may lag and still be found to have caught up."""

DEFAULT_SEED: Final = 20_260_310
"""The seed of a run that names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run is asked for."""

    claims: tuple[Cell, ...] = ()
    """Empty: everything that the implementation declares enough for."""
    seed: int = DEFAULT_SEED
    reply_seconds: float = REPLY_SECONDS
    only: frozenset[str] = frozenset()
    """The names of the cases to run; empty: all that the claims need."""
    on_case: Callable[[str], None] = field(default=lambda _name: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of a run."""

    target: str
    transport: str
    seed: int
    declaration: Declaration | None
    claims: tuple[Cell, ...]
    cases: tuple[Case, ...]
    grades: Grades
    history: History
    millis: int
    error: AdapterError | None = None
    is_stopped: bool = False


def run(target: str, transport: Transport, options: Options) -> Run:
    """Run the kit against a target; the transport is closed at the end, whatever happens.

    Raises:
        KitInputError: A cell is claimed for which too little is declared, or nothing is selected.
    """
    start = monotonic()
    cases: list[Case] = []
    session: Session | None = None
    error: AdapterError | None = None
    claims, is_stopped = options.claims, False
    try:
        session = Session(transport, __version__, options.seed, options.reply_seconds)
        claims = _checked_claims(options.claims, session.declaration)
        probe(session)
        cases.extend(run_vectors(session, claims, options.only))
        for case in _run_cases(session, claims, options):
            cases.append(case)
    except AdapterError as caught:
        error = caught
        cases.append(_failed(caught))
    except KeyboardInterrupt:
        is_stopped = True
        cases.append(_stopped())
    finally:
        transport.close()
    declaration = session.declaration if session is not None else None
    capabilities = declaration.capabilities if declaration is not None else None
    return Run(
        target=target, transport=transport.name, seed=options.seed, declaration=declaration, claims=claims,
        cases=tuple(cases),
        grades=grade(cases, claims, capabilities) if capabilities is not None else _nothing(),
        history=session.recorder.history() if session is not None else History(header={}, calls=()),
        millis=int((monotonic() - start) * 1_000), error=error, is_stopped=is_stopped,
    )  # fmt: skip


def _nothing() -> Grades:
    return Grades(theorems={}, cells={}, exit_code=3)


def _checked_claims(claims: tuple[Cell, ...], declaration: Declaration) -> tuple[Cell, ...]:
    if not claims:
        return claimable_cells(declaration.capabilities)
    for cell in claims:
        missing = missing_for(cell, declaration.capabilities)
        if missing:
            raise KitInputError(
                f"--claim {cell.name}", "", f"needs what the adapter does not declare: {', '.join(missing)}",
                "declare and support it, or claim another cell",
            )  # fmt: skip
    return claims


def selected(claims: Sequence[Cell], only: frozenset[str]) -> tuple[Scenario, ...]:
    """Return the scenarios that claims need."""
    return tuple(
        scenario
        for scenario in SCENARIOS
        if (not only or scenario.name in only)
        and any(cell.profile in scenario.profiles and scenario.level <= cell.level for cell in claims)
    )


def _run_cases(session: Session, claims: tuple[Cell, ...], options: Options) -> Iterator[Case]:
    scenarios = selected(claims, options.only)
    is_static = any(cell.level == 0 for cell in claims) and not options.only
    if not scenarios and not is_static and not any("." in name for name in options.only):
        raise KitInputError(
            "the selection", "", "matches no case",
            f"claim a cell, or name one of {', '.join(s.name for s in SCENARIOS)}",
        )  # fmt: skip
    for scenario in scenarios:
        options.on_case(scenario.name)
        yield run_scenario(session, scenario)


def run_scenario(session: Session, scenario: Scenario) -> Case:
    """Run one scenario and judge what it recorded.

    Raises:
        AdapterError: The adapter did what the protocol does not allow.
    """
    session.reseed(scenario.name)
    scene = Scene(session)
    before, start = len(session.recorder.history().calls), monotonic()
    if not scenario.needs(scene):
        return _case(scenario, Status.NOT_APPLICABLE, detail="not declared")
    scenario.run(scene)
    judgement = _judged(session, before)
    if session.looks_left > 0 and any(finding.clause in MAY_BE_OLD for finding in judgement.findings):
        # What is wrong now and right in a moment is old, and not wrong: that is another theorem.
        sleep(LOOK_AGAIN_SECONDS)
        scene.finish()
        judgement = _judged(session, before)
        if any(finding.clause in MAY_BE_OLD for finding in judgement.findings):
            session.looks_left -= 1
    status = Status.FAIL if judgement.findings else Status.PASS
    if judgement.unsettled and not judgement.findings:
        status = Status.INCONCLUSIVE
    return _case(
        scenario, status, judgement=judgement, calls=(before, len(session.recorder.history().calls)),
        millis=int((monotonic() - start) * 1_000),
    )  # fmt: skip


def _judged(session: Session, start: int) -> Judgement:
    history = session.recorder.history()
    return judge(History(header=history.header, calls=history.calls[start:]), session.declaration)


def _case(
    scenario: Scenario, status: Status, *, judgement: Judgement | None = None, detail: str = "",
    calls: tuple[int, int] = (0, 0), millis: int = 0,
) -> Case:  # fmt: skip
    return Case(
        name=scenario.name, title=scenario.title, level=scenario.level, profiles=scenario.profiles,
        status=status, judgement=judgement or Judgement(), detail=detail, calls=calls, millis=millis,
    )  # fmt: skip


def _failed(error: AdapterError) -> Case:
    return Case(
        name=f"adapter.{error.fault.value}", title="what the protocol does not allow", level=0,
        profiles=frozenset(), status=Status.ADAPTER_ERROR, detail=str(error),
    )  # fmt: skip


def _stopped() -> Case:
    return Case(
        name="kit.stopped", title="the run was stopped", level=0, profiles=frozenset(),
        status=Status.INCONCLUSIVE, detail="stopped by the user; what was run so far is kept",
    )  # fmt: skip
