"""Messages take their time, overtake, get lost and doubled as the weather says, and stop at a partition."""

from billproof.model.platform.units import Micros
from billproof.model.topology.records import Link, RegionName
from billproof.simulations.kernel.network import Network, Weather, draw_delay
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import FOREVER, Behaviour, Timeline

LINK = Link(
    regions=(RegionName("a"), RegionName("b")), typical=Micros(10), slow=Micros(100), slowest=Micros(1_000)
)
CALM = {"lost": 0, "doubled": 0, "late": 0, "lateness": 1}


def world(seed: int = 1) -> tuple[Timeline, Network, list[tuple[int, object]]]:
    """Return a network of two places with a process in each, and what the second hears."""
    timeline, heard = Timeline(), list[tuple[int, object]]()

    def ear(into: list[tuple[int, object]]) -> Behaviour:
        while True:
            message = yield FOREVER
            into.append((timeline.now, message))

    network = Network(timeline, Draws(seed), ((LINK, LINK), (LINK, LINK)))
    for place in (0, 1):
        network.place(timeline.add(ear(heard if place else [])), place)
    return timeline, network, heard


def test_delays_have_the_stated_quantiles() -> None:
    draws = Draws(2)
    delays = sorted(draw_delay(draws, LINK) for _ in range(20_000))
    assert delays[0] >= 5
    assert delays[-1] <= 1_000
    assert abs(sum(delay <= 10 for delay in delays) - 10_100) < 400, "half, and the first of the slower half"
    assert abs(sum(delay > 100 for delay in delays) - 200) < 60, "one of a hundred"


def test_messages_overtake_each_other_and_none_is_lost_in_fair_weather() -> None:
    timeline, network, heard = world()
    for number in range(50):
        network.send(0, 1, number)
    timeline.run(2_000, 10_000)
    order = [message for _, message in heard]
    assert order != sorted(order, key=str)
    assert set(order) == set(range(50))
    assert len(order) == 50


def test_a_partition_stops_one_direction_until_it_heals() -> None:
    timeline, network, heard = world()
    network.send(0, 1, "on its way")
    network.block(0, 1)
    network.send(0, 1, "blocked")
    assert network.is_blocked(0, 1)
    assert not network.is_blocked(1, 0)
    timeline.run(5_000, 100)
    network.heal()
    network.send(0, 1, "healed")
    network.block(1, 0)
    network.unblock(1, 0)
    assert not network.is_blocked(1, 0)
    timeline.run(10_000, 100)
    assert [message for _, message in heard] == ["on its way", "healed"]


def counted(weather: Weather) -> int:
    """Return how many of 1,000 messages arrive."""
    timeline, network, heard = world()
    network.weather = weather
    for number in range(1_000):
        network.send(0, 1, number)
    timeline.run(10**9, 10_000)
    return len(heard)


def test_messages_are_lost_and_doubled_as_the_weather_says() -> None:
    assert counted(Weather(lost=1_000_000, doubled=0, late=0, lateness=1)) == 0
    assert counted(Weather(lost=0, doubled=1_000_000, late=0, lateness=1)) == 2_000
    assert 820 < counted(Weather(lost=150_000, doubled=0, late=0, lateness=1)) < 880


def test_a_late_message_is_as_late_as_the_weather_says() -> None:
    timeline, network, heard = world()
    network.weather = Weather(lost=0, doubled=0, late=1_000_000, lateness=7)
    network.send(0, 1, "at last")
    timeline.run(10_000, 100)
    assert heard == [(7_000, "at last")]
