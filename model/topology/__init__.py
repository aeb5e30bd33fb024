"""Where everything stands: regions, zones, failure domains, counts, lags and clock errors, as data.

``records`` says what a topology is, ``reading`` makes one from TOML text, ``consistency`` finds what does not
go together. The shipped files lie beside them: ``documented.toml``, ``terraform.toml`` (what the documents'
infrastructure code would build) and ``repaired.toml``; ``schema.json`` describes the form.
"""
