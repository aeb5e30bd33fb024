"""The topologies that come with the package, as text."""

from importlib.resources import files

NAMES = ("documented", "terraform", "repaired")


def shipped(name: str) -> str:
    """Return the text of a shipped topology."""
    return (files("billproof.model.topology") / f"{name}.toml").read_text(encoding="utf-8")
