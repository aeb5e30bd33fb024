"""Kernel, network and store together: retries over a bad network charge once, or twice by a look-up.

The smallest world that shows a theorem break: clients that retry, a store of three domains, a network that
loses replies. With the unique insert each key is charged once in every seed; with a look-up before the
commit some seed charges twice.
"""

from billproof.model.identifiers import Count, Epoch, Instant
from billproof.model.platform.spanner import (
    Answer,
    Change,
    Clock,
    Settings,
    Spanner,
    Transaction,
    Write,
    commit,
    new_spanner,
    read,
)
from billproof.model.platform.units import NO_COMMIT, Mask, Micros, RowKey
from billproof.model.topology.records import Link, RegionName
from billproof.simulations.kernel.network import Network, Weather
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import FOREVER, Behaviour, Timeline

LINK = Link(
    regions=(RegionName("a"), RegionName("b")), typical=Micros(500), slow=Micros(2_000), slowest=Micros(9_000)
)
CLIENTS = 8
BALANCE = RowKey(1_000)
PATIENCE = 3_000


class World:
    """One run."""

    def __init__(self, seed: int, *, unique: bool) -> None:
        draws = Draws(seed)
        self.unique = unique
        self.timeline = Timeline()
        self.network = Network(self.timeline, draws.split(1), ((LINK, LINK), (LINK, LINK)))
        self.network.weather = Weather(lost=300_000, doubled=100_000, late=0, lateness=1)
        settings = Settings(domains=Count(3), retention=Micros(0), writes_per_second=Count(0))
        self.store: Spanner[int] = new_spanner(settings, Instant(0))
        self.answered: set[int] = set()
        self.servers = (0, 1)
        for me in self.servers:
            self.add(self.server(me), 0)
        for number in range(CLIENTS):
            self.add(self.client(number, draws.split(100 + number)), 1)

    def add(self, behaviour: Behaviour, place: int) -> int:
        """Add a process at a place."""
        number = self.timeline.add(behaviour)
        self.network.place(number, place)
        return number

    def client(self, number: int, draws: Draws) -> Behaviour:
        """Ask with one key until there is an answer; a reply that is lost is asked for again."""
        me = len(self.servers) + number
        yield draws.below(1_000)
        while number not in self.answered:
            self.network.send(me, draws.pick(self.servers), (me, number))
            if (yield PATIENCE) is not None:
                self.answered.add(number)

    def server(self, me: int) -> Behaviour:
        """Look the key up, work for a while, and commit; with ``unique`` the commit inserts the key."""
        while True:
            message = yield FOREVER
            while message is not None:
                assert isinstance(message, tuple)
                client, key = message
                found, _ = read(self.store, RowKey(key))
                message = None
                if found == NO_COMMIT or self.unique:
                    message = yield 2_000
                    self.charge(RowKey(key))
                self.network.send(me, client, "charged")

    def charge(self, key: RowKey) -> None:
        """Commit a charge of one, again while the balance has changed under it."""
        while True:
            row = self.store.rows.get(BALANCE)
            number, balance = (NO_COMMIT, 0) if row is None else row
            writes = (
                Change(Write.INSERT if self.unique else Write.UPSERT, key, 1),
                Change(Write.UPSERT, BALANCE, balance + 1),
            )
            asked = Transaction(Epoch(1), ((BALANCE, number),), writes)
            clock = Clock(Instant(self.timeline.now), Instant(self.timeline.now))
            self.store, committed = commit(self.store, asked, clock, Mask(0b111))
            if committed.answer != Answer.ABORTED:
                return

    def charged(self) -> int:
        """Run until everybody has an answer, and return what was charged in all."""
        assert self.timeline.run(10_000_000, 200_000)
        assert len(self.answered) == CLIENTS, "every client has a definite answer in the end"
        return read(self.store, BALANCE)[1] or 0


def test_with_a_unique_key_every_seed_charges_each_client_once() -> None:
    assert {World(seed, unique=True).charged() for seed in range(30)} == {CLIENTS}


def test_with_a_look_up_some_seed_charges_twice() -> None:
    charged = [World(seed, unique=False).charged() for seed in range(30)]
    assert max(charged) > CLIENTS
    assert min(charged) >= CLIENTS


def test_the_same_seed_is_the_same_run() -> None:
    one, other = World(5, unique=True), World(5, unique=True)
    assert (one.charged(), one.timeline.history) == (other.charged(), other.timeline.history)
