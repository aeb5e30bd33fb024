"""The wire forms as JSON Schemas (draft 2020-12), versioned and frozen by the issue that ships them.

They say what a document looks like. What cannot be said in a schema - canonical bytes, days that exist,
currencies that exist, ids that are hashes - the parsers of ``billproof.model`` check.

Source: ``system.md`` section 9.
"""
