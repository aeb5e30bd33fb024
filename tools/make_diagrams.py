"""Write docs/diagrams and docs/platform.md again from the model, or check that they are what it gives.

python tools/make_diagrams.py
python tools/make_diagrams.py --check
"""

import argparse
import sys
from pathlib import Path

from billproof.model.governors.catalogue import pages
from billproof.model.platform.pages import platform_page

DOCS = Path(__file__).resolve().parents[1] / "docs"


def wanted() -> dict[Path, str]:
    """Return the text of every generated page by its place."""
    texts = {DOCS / "diagrams" / name: text for name, text in pages().items()}
    texts[DOCS / "platform.md"] = platform_page()
    return texts


def stale(texts: dict[Path, str]) -> list[str]:
    """Return what is not as the model gives it: other pages, missing ones, and ones that nothing makes."""
    found = [
        f"{path.relative_to(DOCS.parent)}: not what the model gives"
        for path, text in texts.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    strays = sorted(path for path in (DOCS / "diagrams").glob("*") if path not in texts)
    return found + [f"{path.relative_to(DOCS.parent)}: nothing makes this page" for path in strays]


def main() -> int:
    """Write or check the pages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="change nothing; 1 if a page is stale")
    texts = wanted()
    if parser.parse_args().check:
        found = stale(texts)
        print("\n".join([*found, "run: python tools/make_diagrams.py"] if found else ["every page is fresh"]))
        return 1 if found else 0
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"wrote {len(texts)} pages under {DOCS.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
