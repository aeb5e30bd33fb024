"""A campaign as one self-contained HTML page: verdicts, recovery beside what is promised, faults, marks.

It shows the document that ``simulate --format json`` prints, and computes nothing.

Source: ``simulation.md`` "Runs"; ``cli.md`` ``simulate``.
"""

from collections.abc import Mapping
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from billproof.simulations.summary import Summary, document_of
from billproof.simulations.world.buggify import POINTS
from billproof.simulations.world.faults import BY_NAME, FAMILIES


def campaign_page(summary: Summary, pages: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        summary: The campaign.
        pages: Where the story of each theorem is told: addresses relative to the page, by theorem.
    """
    document = document_of(summary)
    fired = document["fired"]
    assert isinstance(fired, Mapping)
    families = [
        (name, [(kind, fired[kind]) for kind in fired if BY_NAME[kind].family == number])
        for number, name in FAMILIES.items()
    ]
    text = files("billproof.simulations").joinpath("campaign.html.jinja").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(text)
    return template.render(found=document, pages=pages, families=families, points=POINTS)
