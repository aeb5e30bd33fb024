"""A pytest plugin: a team's own test suite runs the cases of the kit as tests.

.. code:: console

    $ pytest --conformance-target 'exec:python3 adapter.py' --conformance-claim CORE@L1

Each case is a test item ``conformance::NAME``, and so is each claimed cell, which passes only if it holds: a
case that was not put to the test is skipped and says so, a cell that is not known to hold fails. An adapter
that failed is an item of its own, which fails. Without the option nothing is collected, and nothing is
imported but this file.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from billproof.conformance.grading import Case


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("billproof conformance")
    group.addoption("--conformance-target", default="", help="Run the conformance kit against this target.")
    group.addoption(
        "--conformance-claim", action="append", default=[], help="A cell such as CORE@L1; repeatable."
    )
    group.addoption("--conformance-seed", type=int, default=None, help="Draws all names.")


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add one test for each case that was run."""
    target = config.getoption("--conformance-target")
    if isinstance(target, str) and target:
        root = ConformanceCollector.from_parent(session, name="conformance", path=config.rootpath)
        items.extend(root.collect())


class ConformanceCollector(pytest.Collector):
    """Runs the kit once and has one item for each case."""

    def collect(self) -> Iterator[pytest.Item]:
        """Run the kit and yield its cases, then the cells that are claimed, and the adapter if it failed."""
        # Imported here: a suite that does not use the kit does not wait for it.
        from billproof.conformance.cells import parse_cell
        from billproof.conformance.grading import Verdict
        from billproof.conformance.runner import DEFAULT_SEED, Options, run
        from billproof.conformance.targets import open_target

        target = str(self.config.getoption("--conformance-target"))
        claims = self.config.getoption("--conformance-claim") or []
        seed = self.config.getoption("--conformance-seed")
        options = Options(
            claims=tuple(parse_cell(str(claim)) for claim in claims),
            seed=seed if isinstance(seed, int) else DEFAULT_SEED,
        )
        done = run(target, open_target(target), options)
        for case in done.cases:
            item = ConformanceItem.from_parent(self, name=case.name)
            item.case = case
            item.again = f"billproof conform {target} --seed {options.seed} --case {case.name}"
            yield item
        again = f"billproof conform {target} --seed {options.seed}"
        said = {
            cell: (verdict.value, verdict == Verdict.HOLDS) for cell, verdict in done.grades.cells.items()
        }
        if done.error is not None:
            said["adapter"] = (f"{done.error.fault.value}: {done.error}", False)
        elif not said:
            said["claims"] = ("nothing is claimed, so nothing was judged", False)
        for name, (text, holds) in said.items():
            verdict_item = VerdictItem.from_parent(self, name=name)
            verdict_item.text, verdict_item.holds, verdict_item.again = text, holds, again
            yield verdict_item


class _Item(pytest.Item):
    """What fails without a traceback of the kit."""

    again: str

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """Return what was found, without a traceback of the kit."""
        del style
        return str(excinfo.value)


class VerdictItem(_Item):
    """What is said in the end of one claimed cell, or of an adapter that failed."""

    text: str
    holds: bool

    def runtest(self) -> None:
        """Tell the verdict.

        Raises:
            ConformanceFailure: It is not that the cell holds.
        """
        if not self.holds:
            raise ConformanceFailure(f"{self.name}: {self.text}\nagain: {self.again}")


class ConformanceItem(_Item):
    """One case."""

    case: "Case"

    def runtest(self) -> None:
        """Tell what became of the case.

        Raises:
            ConformanceFailure: It failed, or the adapter did.
        """
        status = self.case.status.value
        if status in ("not-applicable", "inconclusive"):
            pytest.skip(f"{status}: {self.case.detail or 'not enough was put to the test'}")
        if status not in ("pass", "expected-fail"):
            found = [f"{item.theorem}.{item.clause}: {item.text}" for item in self.case.judgement.findings]
            raise ConformanceFailure(
                "\n".join([*found[:5], self.case.detail, f"again: {self.again}"]).strip()
            )

    def reportinfo(self) -> tuple[str, None, str]:
        """Return where the item is told to be."""
        return "conformance", None, f"conformance::{self.name}"


class ConformanceFailure(Exception):  # noqa: N818 - it is a finding about somebody's product, and no error
    """A case that failed."""
