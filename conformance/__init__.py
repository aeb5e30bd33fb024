"""The conformance kit: drives another implementation through its adapter and says which theorems it keeps.

Read ``messages`` and ``adapter`` for the protocol (its page is ``docs/conformance-protocol.md``),
``checks`` for what is asked, ``specification`` and ``linearize`` for how histories are judged,
``grading`` for the verdicts.
"""
