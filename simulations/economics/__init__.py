"""What a design costs and earns: unit prices, cost by component, break-even, projection, uncertainty.

Data flow: ``prices`` (documented unit prices) -> ``costs`` (volumes to lines) -> ``finance`` (cost function,
break-even, projection) -> ``options``, ``uncertainty``, ``designs``. Money is ``Decimal`` US dollars
throughout and is rounded to cents where it is shown; there is no float near it.
"""
