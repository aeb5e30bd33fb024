"""The autoscaler: how many instances there should be, by rules that the documents give side by side.

Theory of operation. The target rule asks for as many instances as bring the load to 60 %. The step rules
add five above 70 %, for a slow p99 or a long queue, and take one away after five minutes below 30 %. The
larger wish wins; the result stays between the least and the hard limit, and above the soft limit an alert
is due. A new instance serves after its spin-up.

Choices. AS-01 and AS-02 are two rules, not one with two values (XD-29): both are kept. "Up" for latency and
queue is by the same step as for load, as no other is given.

Source: AS-01 to AS-07, XD-17, XD-27 to XD-30; ``claims.md`` part 4.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.units import MILLISECOND, MINUTE, SECOND, Micros, Permille

NOT_LOW: Final = Instant(-1)
"""The load is not low."""


class Rules(NamedTuple):
    """The figures of the rules."""

    least: Count
    hard_limit: Count
    soft_limit: Count
    target: Permille
    """Load that the target rule aims at."""
    high: Permille
    """Load above which the step rule adds."""
    low: Permille
    """Load below which the step rule takes away."""
    low_for: Micros
    """How long the load must be low."""
    step_up: Count
    step_down: Count
    latency_max: Micros
    """p99 above which the step rule adds."""
    queue_max: Count
    """Queued per instance above which the step rule adds."""
    spin_up: Micros
    """How long a new instance takes to serve."""


DOCUMENTED: Final = Rules(
    least=Count(3),
    hard_limit=Count(100),
    soft_limit=Count(75),
    target=Permille(600),
    high=Permille(700),
    low=Permille(300),
    low_for=Micros(5 * MINUTE),
    step_up=Count(5),
    step_down=Count(1),
    latency_max=Micros(100 * MILLISECOND),
    queue_max=Count(50),
    spin_up=Micros(30 * SECOND),
)
"""AS-01, AS-02, AS-03, AS-05."""


class Load(NamedTuple):
    """What is measured."""

    load: Permille
    """Mean load of the instances that serve."""
    latency: Micros
    """p99."""
    queued: Count
    """Queued per instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscaler:
    """How many instances there are, and what is known of the load."""

    rules: Rules
    instances: Count
    """Serving or starting."""
    starting: tuple[Instant, ...]
    """When each that does not serve yet will."""
    low_since: Instant
    """Since when the load is low; ``NOT_LOW`` if it is not."""


def new_autoscaler(rules: Rules, instances: Count) -> Autoscaler:
    """Return an autoscaler whose instances all serve."""
    return Autoscaler(rules=rules, instances=instances, starting=(), low_since=NOT_LOW)


def serving(scaler: Autoscaler, now: Instant) -> Count:
    """Return how many instances serve."""
    return Count(scaler.instances - sum(1 for ready in scaler.starting if ready > now))


def wished_by_target(rules: Rules, instances: Count, load: Permille) -> Count:
    """Return how many instances bring the load to the target: ``ceil(instances x load / target)``."""
    return Count(-(-instances * load // rules.target))


def is_above_soft_limit(scaler: Autoscaler) -> bool:
    """Tell whether an alert is due."""
    return scaler.instances > scaler.rules.soft_limit


def decide(scaler: Autoscaler, load: Load, now: Instant) -> Autoscaler:
    """Decide once, by every rule."""
    rules, instances = scaler.rules, scaler.instances
    low_since = NOT_LOW
    if load.load < rules.low:
        low_since = now if scaler.low_since == NOT_LOW else scaler.low_since
    wished: int = instances
    if load.load > rules.high or load.latency > rules.latency_max or load.queued > rules.queue_max:
        wished = instances + rules.step_up
    elif low_since != NOT_LOW and now - low_since >= rules.low_for:
        wished, low_since = instances - rules.step_down, now
    if load.load > rules.target:
        wished = max(wished, wished_by_target(rules, instances, load.load))
    wished = min(rules.hard_limit, max(rules.least, wished))
    starting = tuple([ready for ready in scaler.starting if ready > now])
    if wished > instances:
        starting = (*starting, *(Instant(now + rules.spin_up),) * (wished - instances))
    elif wished < instances:
        starting = starting[: max(0, len(starting) - (instances - wished))]
    return Autoscaler(rules=rules, instances=Count(wished), starting=starting, low_since=low_since)


def stays_between_its_limits(before: Autoscaler, after: Autoscaler) -> bool:
    """Tell whether the number lies between the least and the hard limit."""
    del before
    return after.rules.least <= after.instances <= after.rules.hard_limit


def shrinks_slowly(before: Autoscaler, after: Autoscaler) -> bool:
    """Tell whether at most one step was taken away, and only after the load was low for long."""
    if after.instances >= before.instances:
        return True
    was_low = before.low_since != NOT_LOW and after.low_since - before.low_since >= before.rules.low_for
    return before.instances - after.instances == before.rules.step_down and was_low


LAWS: Final[tuple[Law[Autoscaler], ...]] = (
    Law(
        name="between_limits",
        statement="there are never fewer than the least or more than the hard limit",
        source="AS-01, AS-03",
        holds=stays_between_its_limits,
    ),
    Law(
        name="shrinks_slowly",
        statement="one is taken away at a time, after five minutes of low load",
        source="AS-02",
        holds=shrinks_slowly,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="steps_are_slower_than_the_spike",
        statement="12 to 100 instances are 18 steps; with 30 s each the spike is over nine minutes old",
        source="AS-02, AS-05, XD-28",
    ),
    SharpEdge(
        name="scale_down_takes_hours",
        statement="80 to 15 instances, one per five minutes, are 325 minutes, not one hour",
        source="AS-02, BF-4, XD-27",
    ),
    SharpEdge(
        name="no_headroom_at_the_hard_limit",
        statement="at the hard limit more load changes nothing; requests queue and are refused",
        source="AS-03, XD-17",
    ),
    SharpEdge(
        name="scale_in_ends_an_instance_with_its_memory",
        statement="an instance that is taken away has a buffer and a queue like any other",
        source="G-10",
    ),
)
