"""Faults of the two regions of the reference: crash, partition, promotion, a wrong clock, an edited store."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from billproof.conformance.adapter import unsupported
from billproof.conformance.documents import Document, inner_of, text_of
from billproof.model import commands, outside_commands
from billproof.model.containers import FrozenLog, FrozenMap
from billproof.model.identifiers import Amount, CustomerId, Instant, Period, Position
from billproof.model.outcomes import Region, Status
from billproof.model.periods import period_of, render_instant
from billproof.model.posting import other_region, with_site
from billproof.model.state import Entry

if TYPE_CHECKING:
    from billproof.conformance.reference.model_adapter import ReferenceAdapter

_NODES: Final = ("n1", "n2")


class Regions:
    """The two regions of a reference, and what has happened to them."""

    def __init__(self, adapter: "ReferenceAdapter") -> None:
        self._adapter = adapter
        self._down: set[Region] = set()
        self._boots = {Region.PRIMARY: 1, Region.STANDBY: 1}
        self._is_cut = False
        self._month: Period | None = None

    def is_down(self, region: Region) -> bool:
        """Tell whether no instance of a region answers."""
        return region in self._down

    def health(self, region: Region) -> Document:
        """Return what a region says of itself."""
        state = self._adapter.state
        return {
            "boot_id": f"{_NODES[region]}-{self._boots[region]}",
            "role": "leader" if region == state.leader else "standby",
            "is_up": region not in self._down,
            "now": render_instant(state.now),
        }

    def ship(self) -> None:
        """Ship the log to the standby and confirm it, as far as the line between them allows."""
        if self._is_cut or self._down:
            return
        source = self._adapter.state.leader
        for _ in range(10_000):
            shipped = self._adapter.execute(commands.Replicate(source=source)).status == Status.DONE
            confirmed = self._adapter.execute(commands.Confirm(source=source)).status == Status.DONE
            if not shipped and not confirmed:
                return

    def run_jobs(self) -> None:
        """Run the jobs of a design: the purge of old keys, the reset of usage at the turn of a month."""
        state, leader = self._adapter.state, self._adapter.leader()
        site = self._adapter.site()
        if isinstance(site.keys, FrozenMap):
            for name, _ in tuple(site.keys.items()):
                self._adapter.execute(commands.PurgeKey(region=leader, name=name))
        if self._month is not None and state.period != self._month and isinstance(site.rows, FrozenMap):
            for row, _ in tuple(site.rows.items()):
                self._adapter.execute(commands.ResetUsage(region=leader, name=row))
        self._month = state.period

    def cause(self, message: Document) -> Document:
        """Cause the fault that a message names."""
        fault = text_of(message, "fault")
        node = text_of(message, "node", _NODES[self._adapter.leader()])
        if node not in _NODES:
            return unsupported()
        region = Region(_NODES.index(node))
        evidence: Document = {}
        if fault == "crash":
            self._adapter.forget()
            self._adapter.execute(commands.Crash(region=region))
            self._down.add(region)
        elif fault == "restart":
            self._down.discard(region)
            self._boots[region] += 1
            self._adapter.settle()
        elif fault == "partition":
            self._is_cut = True
        elif fault == "heal":
            self._heal()
        elif fault == "failover":
            self._adapter.forget()
            evidence["promoted"] = self._fail_over(region)
        elif fault == "skew":
            now = Instant(self._adapter.state.now + int(text_of(inner_of(message, "args"), "ms")) * 1_000)
            self._adapter.execute(commands.AdvanceTime(now=now, period=period_of(now)))
            evidence["now"] = render_instant(now)
        elif fault == "diverge":
            args = inner_of(message, "args")
            evidence["diverged"] = self._diverge(CustomerId(text_of(args, "customer")))
        elif fault == "tamper":
            evidence["edited"] = self._tamper(text_of(inner_of(message, "args"), "what"))
        else:
            return unsupported()
        return {"ok": True, "evidence": evidence}

    def _heal(self) -> None:
        self._is_cut = False
        self._down.clear()
        for _ in range(10_000):
            if self._adapter.state.joined:
                break
            if self._adapter.execute(commands.Heal()).status != Status.DONE:
                break
        self._adapter.settle()

    def _fail_over(self, region: Region) -> bool:
        if self._adapter.state.leader == region:
            return True
        if region in self._down:
            return False
        return self._adapter.execute(commands.FailOver()).status == Status.DONE

    def _diverge(self, customer: CustomerId) -> bool:
        for _ in range(10_000):
            if self._adapter.execute(outside_commands.Project()).status != Status.DONE:
                break
        moved = outside_commands.CorruptDocument(customer=customer, amount=Amount(10**12))
        return self._adapter.execute(moved).status == Status.DONE

    def _tamper(self, what: str) -> bool:
        """Edit the log of both regions behind their backs; keys, heads and balances stay as they are."""
        state, leader = self._adapter.state, self._adapter.leader()
        site = self._adapter.site()
        entries = tuple(site.ledger.at(Position(place)) for place in range(site.ledger.length))
        edited = _edited(entries, what)
        if edited == entries:
            return False
        for region in (leader, other_region(leader)):
            changed = replace(self._adapter.site(region), ledger=FrozenLog(edited))
            state = with_site(state, region, changed)
        self._adapter.state = state
        return True


def _edited(entries: tuple[Entry, ...], what: str) -> tuple[Entry, ...]:
    if not entries:
        return entries
    if what == "amount":
        last = entries[-1]
        return (*entries[:-1], replace(last, amount=Amount(last.amount + 10**12)))
    if what == "delete_first":
        return entries[1:]
    if what == "delete_last":
        return entries[:-1]
    return () if what == "delete_all" else entries


BACKUP: Final = (outside_commands.TakeBackup, outside_commands.LeaveQuorum, outside_commands.RestoreBackup)
"""What a restore takes; for designs whose restore replaces the log."""
