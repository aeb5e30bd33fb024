"""The schemas of the repository, ready to validate with."""

import json
from functools import cache
from importlib.resources import files

from jsonschema import Draft202012Validator


@cache
def validator(name: str) -> Draft202012Validator:
    """Return the validator of a schema, which is itself checked first."""
    schema = json.loads(files("billproof.model.schemas").joinpath(f"{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"https://billproof.dev/schemas/{name}/v1"
    return Draft202012Validator(schema)
