"""A topology is read whole or refused, and a refusal names the field, its value and what is allowed."""

import json
import tomllib
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from billproof.model.topology.reading import TopologyError, read_topology
from billproof.model.topology.records import Mode, Role, region_of
from tests.model.topology.shipped import NAMES, shipped

SCHEMA = Draft202012Validator(
    json.loads((files("billproof.model.topology") / "schema.json").read_text(encoding="utf-8"))
)

BAD = (
    ("instances_min = 3", "instances_min = -1", "region[0].instances_min", "-1", "from 0 to 10000"),
    ("instances_max = 100", "instances_max = 2", "region[0].instances_max", "2", "from 3 to 10000"),
    ("cpus = 2", "cpus = 2.5", "region[0].cpus", "2.5", "an integer from 0 to 256"),
    ("cpus = 2", "cpus = true", "region[0].cpus", "True", "an integer from 0 to 256"),
    ("cpus = 2", "cores = 2", "region[0].cpus", "nothing", "an integer from 0 to 256"),
    ('role = "primary"', 'role = "main"', "region[0].role", "'main'", "one of primary, standby"),
    ('kind = "spanner"', 'kind = "mysql"', "store[0].kind", "'mysql'", "one of spanner, firestore, storage"),
    ("nodes = 3", "nodes = 0", "store[0].nodes", "0", "an integer from 1 to 10000"),
    ("holds_personal_data = true", "holds_personal_data = 1", "store[0].holds_personal_data", "1", "true or"),
    ("slow_micros = 100_000", "slow_micros = 5", "link[0].slow_micros", "5", "an integer from 30000"),
    ('name = "documented"', 'name = ""', "name", "''", "a text that is not empty"),
    ('name = "documented"', 'name = "x"\ncolour = "red"', "colour", "'red'", "only ["),
    ("drift_max_ppm = 200", "drift_max_ppm = 1000001", "clock.drift_max_ppm", "1000001", "from 0 to 1000000"),
    ("peak_per_second = 100000", "peak_per_second = 9", "demand.peak_per_second", "9", "from 10000"),
    ('backends = ["us-central1"', 'backends = ["moon"', "frontdoor.backends", "'moon'", "one of us-central1"),
    (
        'sites = ["us-central1-a", "us-central1-b"',
        'sites = ["us-central1-a", "nowhere"',
        "store[0].sites", "'nowhere'", "one of us-central1-a",
    ),
    (
        'regions = ["us-central1", "us-east1"]', 'regions = ["us-central1", "moon"]',
        "link[0].regions", "'moon'", "one of us-central1",
    ),
    ('name = "us-east1"', 'name = "us-central1"', "region.name", "'us-central1'", "each name once"),
    ("[clock]", "[watch]", "clock", "nothing", "a table"),
    ("[clock]", "[clock", "(the file)", "", "TOML 1.0"),
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_topology_is_read_and_keeps_the_schema(name: str) -> None:
    text = shipped(name)
    assert read_topology(text).name == name
    SCHEMA.validate(tomllib.loads(text))


@pytest.mark.parametrize(("old", "new", "field", "found", "allowed"), BAD)
def test_a_refusal_names_the_field_the_value_and_what_is_allowed(
    old: str, new: str, field: str, found: str, allowed: str
) -> None:
    text = shipped("documented")
    assert old in text
    with pytest.raises(TopologyError) as caught:
        read_topology(text.replace(old, new, 1))
    assert caught.value.field == field
    assert found in caught.value.found
    assert allowed in caught.value.allowed
    for part in (field, found, allowed):
        assert part in str(caught.value)


@pytest.mark.parametrize(("old", "new"), [row[:2] for row in BAD if row[0] != "[clock]"])
def test_the_schema_refuses_what_it_can_express(old: str, new: str) -> None:
    """What relates two fields, a schema cannot say; the rest it refuses as the reader does."""
    relates = ("instances_max = 2", "slow_micros = 5", "peak_per_second = 9", "moon", "nowhere")
    document = tomllib.loads(shipped("documented").replace(old, new, 1))
    is_relation = any(word in new for word in relates) or new == 'name = "us-central1"'
    assert SCHEMA.is_valid(document) == is_relation


def test_what_is_read_is_what_is_written() -> None:
    topology = read_topology(shipped("documented"))
    assert [region.role for region in topology.regions] == [Role.PRIMARY, Role.STANDBY, Role.RESIDENCY]
    assert [store.mode for store in topology.stores] == [Mode.QUORUM, Mode.ASYNC, Mode.ASYNC]
    primary = topology.regions[0]
    assert (primary.instances_min, primary.instances_max, primary.cpus) == (3, 100, 2)
    assert topology.links[0].slow == 100_000
    assert region_of(topology, primary.zones[2]) == primary
    assert hash(topology) == hash(read_topology(shipped("documented")))


def test_the_infrastructure_code_differs_where_the_claims_say_so() -> None:
    """TF-1 to TF-5."""
    topology = read_topology(shipped("terraform"))
    by_name = {store.name: store for store in topology.stores}
    assert {str(name): len(store.sites) for name, store in by_name.items()} == {
        "spanner": 5, "spanner-secondary": 2, "firestore": 1, "archive": 2,
    }  # fmt: skip
    assert topology.frontdoor.backends == ("us-central1",)
    assert topology.failover.check_interval == 0
