"""Static vectors: groups of one good case and of cases in each of which exactly one thing is wrong.

``of_values`` and ``of_evidence`` make them, ``ops`` is the answer of the model, ``naive`` answers them
again without it, ``files`` writes and reads them, and ``check`` asks a target.
"""
