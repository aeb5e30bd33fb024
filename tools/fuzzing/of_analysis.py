"""Targets of engines and simulations: failure files, pins, archives of proofs, claims, scenarios, sweeps."""

import json
from pathlib import Path

from billproof.invariants.failures import FailureFileError, parse_failure, replay_failure
from billproof.invariants.prove.archive import INDEX, ArchiveError, read_archive
from billproof.invariants.report import ExpectationError, parse_expectation
from billproof.model.core import step
from billproof.simulations.capacity.milestones import milestone
from billproof.simulations.capacity.scenario_files import ScenarioError, read_scenario
from billproof.simulations.capacity.scenario_template import template
from billproof.simulations.capacity.sweep import SweepError, parse_sweep
from billproof.simulations.claims.register import (
    RegisterError,
    changed,
    read_claims,
    read_contradictions,
    shipped_register,
)
from tools.fuzzing.seeds import Seeds
from tools.fuzzing.target import Target, target, text_of
from tools.fuzzing.watching import ROOT


def _failure(data: bytes) -> None:
    failure = parse_failure(text_of(data), source="input")
    replay_failure(failure, step=step)


def _changed(data: bytes) -> None:
    name, _, value = text_of(data).partition("=")
    changed(shipped_register(), name, value)


def _proof_targets(seeds: Seeds) -> tuple[Target, ...]:
    archive = seeds.directory / "archive"
    archive.mkdir()
    index = json.loads((ROOT / "reports" / "obligations" / INDEX).read_text(encoding="utf-8"))
    kept = index["obligations"][:2]
    files = [next((ROOT / "reports" / "obligations").glob(f"{entry['sha256']}*")) for entry in kept]
    for file in files:
        (archive / file.name).write_bytes(file.read_bytes())

    def archived(data: bytes) -> None:
        (archive / INDEX).write_bytes(data)
        read_archive(archive)

    def compressed(data: bytes) -> None:
        (archive / INDEX).write_text(json.dumps({**index, "obligations": kept[:1]}), encoding="utf-8")
        (archive / files[0].name).write_bytes(data)
        read_archive(archive)

    original = Path(files[0]).read_bytes()
    return (
        target(
            "proof-index",
            archived,
            (ArchiveError,),
            json.dumps({**index, "obligations": kept}),
            is_json=True,
            weight=5,
        ),
        target("proof-text", compressed, (ArchiveError,), original, weight=3),
    )


def _claim_targets() -> tuple[Target, ...]:
    tables = ROOT / "simulations" / "claims"
    claims = "\n".join((tables / "claims.csv").read_text(encoding="utf-8").split("\n")[:12])
    contradictions = "\n".join((tables / "contradictions.csv").read_text(encoding="utf-8").split("\n")[:6])
    known = tuple(shipped_register().claims)
    return (
        target(
            "claims",
            lambda data: void(read_claims(text_of(data), "input")),
            (RegisterError,),
            claims,
            words=(b"$5", b"99.99 %", b"1/0", b"10^99", b"12 ms", b"5 years", b'""'),
        ),
        target(
            "contradictions",
            lambda data: void(read_contradictions(text_of(data), "input", known)),
            (RegisterError,),
            contradictions,
            words=(b"..", b"LA-01..LA-05"),
        ),
        target(
            "changed-claim",
            _changed,
            (RegisterError,),
            "LA-01=100 ms",
            "LA-01.1=5 s",
            "CO-01=$5",
            words=(b"10^99", b"1/0", b"$1e9", b"99.99 %"),
        ),
    )


def analysis_targets(seeds: Seeds) -> tuple[Target, ...]:
    """Return the targets of engines and simulations."""
    failure = (ROOT / "docs" / "pictures" / "two-attempts.failure.json").read_text(encoding="utf-8")
    scenario = template(milestone(10))
    return (
        target("failure", _failure, (FailureFileError,), failure, is_json=True, weight=8),
        target(
            "expected-verdicts",
            lambda data: void(parse_expectation(text_of(data), source="input")),
            (ExpectationError,),
            (ROOT / "reports" / "expected-verdicts.json").read_bytes(),
            is_json=True,
        ),
        target(
            "scenario",
            lambda data: void(read_scenario(text_of(data), "input")),
            (ScenarioError,),
            scenario,
            words=(b"1e308", b"inf", b"-0.0", b"[[sale]]", b"1e-320"),
            weight=10,
        ),
        target(
            "sweep",
            lambda data: void(parse_sweep(text_of(data))),
            (SweepError,),
            "fleet.vcpu=2..8",
            "workload.peak_per_second=1.5..1e3",
        ),
        *_proof_targets(seeds),
        *_claim_targets(),
    )


def void(_value: object) -> None:
    """Take what a parser returned; nothing more is asked of it."""
