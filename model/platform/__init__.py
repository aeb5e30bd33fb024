"""The services that the billing system stands on: each a small pure state machine with what it guarantees.

Every module has one platform. Its records are immutable, its time is an integer, its choices (which message
is lost, which domain answers, how long something takes) are arguments: a machine never draws. Beside each
machine stand its ``LAWS``, which a search of all small states checks, and its ``SHARP_EDGES``, what it does
not promise although one may wish it did; a test shows each.

``law`` has the vocabulary, ``table`` the map, ``registry`` the list of all of them.
"""
