"""Every notebook runs from top to bottom with its fast parameter, and its plots say what they show."""

import ast
import io
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from matplotlib.figure import Figure

from tests.repo.sources import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cells_of(path: Path) -> Iterator[str]:
    """Yield the code of a notebook, cell by cell, without what only a kernel understands."""
    for cell in nbformat.read(path, as_version=4).cells:  # type: ignore[no-untyped-call]  # it has no types
        if cell.cell_type == "code":
            yield "\n".join(line for line in cell.source.splitlines() if not line.startswith("%"))


def run_cell(code: str, names: dict[str, object]) -> object:
    """Run one cell as a notebook does, and return the value of its last line if that is an expression."""
    body = ast.parse(code).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body=body, type_ignores=[]), "cell", "exec"), names)  # noqa: S102 - our own cells
    if not isinstance(last, ast.Expr):
        return None
    found: object = eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307 - as above
    return found


def unlabelled(figure: Figure) -> list[str]:
    """Return what is missing for a reader of a figure: labels, and the documented figure."""
    missing = []
    for number, axes in enumerate(figure.axes):
        if not (axes.get_xlabel() or axes.get_ylabel() or axes.get_title()):
            missing.append(f"plot {number} has no label on its axes")
    legends = [axes.get_legend() for axes in figure.axes]
    texts = [text.get_text() for legend in legends if legend is not None for text in legend.get_texts()]
    titles = " ".join(axes.get_title() for axes in figure.axes)
    if (
        not any("documented" in text for text in texts)
        and "document" not in titles
        and "repair" not in titles
    ):
        missing.append("no documented figure is marked")
    return missing


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_its_plots_are_labelled(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLPROOF_NOTEBOOKS", "fast")
    monkeypatch.chdir(path.parent)
    names: dict[str, object] = {}
    plots = 0
    for code in cells_of(path):
        value = run_cell(code, names)
        if isinstance(value, Figure):
            plots += 1
            assert unlabelled(value) == []
            value.savefig(io.BytesIO(), format="png", dpi=30)
    assert plots


def test_there_are_notebooks_and_a_plot_without_labels_is_reported() -> None:
    assert len(NOTEBOOKS) >= 7
    figure = Figure()
    figure.subplots()
    assert len(unlabelled(figure)) == 2
