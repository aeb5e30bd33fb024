"""Every documented figure as data, and every contradiction between them recomputed.

Data flow: ``claims.csv`` -> ``register`` (claims with their figures, read by ``figures``) -> ``checks`` (one
per contradiction: both sides, computed from the figures) -> ``judging`` (status of each contradiction and
claim, and the range in which a figure would hold) -> ``report``.

No figure is typed twice: a check names claims and reads their figures, so a changed claim changes what is
found. What no text and no computation can settle is NOT CHECKABLE, with the reason.
"""
