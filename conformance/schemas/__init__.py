"""The messages of the protocol and the files of the kit as JSON Schemas (draft 2020-12).

They say what a document looks like; the readers of ``messages`` and of other modules are what the kit runs.
"""
