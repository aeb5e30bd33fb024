"""A reference model of a billing system, and the checks that judge its theorems.

The packages below this one are relative links to the top-level folders of the repository:
``billproof.model`` is ``model/``, ``billproof.invariants`` is ``invariants/`` and ``billproof.service``
is ``service/``. Only the command line, ``billproof.cli``, lives here.

>>> import billproof
>>> billproof.__version__
'0.1.0'
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
