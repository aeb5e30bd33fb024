"""Run the kit against every broken reference, and say which are caught for the theorem that they break.

    python tools/conform_broken.py [--out reports/conformance-broken.json] [VARIANT...]

Each variant of ``billproof.invariants.variants`` is served by a process of its own. A theorem that is
reported beside the variant's own is listed: it must be one that the variant really breaks too.
"""

import json
import sys
from pathlib import Path

from billproof.conformance.grading import Verdict
from billproof.conformance.runner import Options, run
from billproof.conformance.targets import open_target
from billproof.invariants.variants.catalogue import VARIANTS


def judge_variant(name: str) -> dict[str, object]:
    """Return what the kit says of one variant."""
    target = f"broken:{name}"
    done = run(target, open_target(target), Options())
    violated = {
        theorem: sorted({finding.clause for finding in item.findings})
        for theorem, item in done.grades.theorems.items()
        if item.verdict == Verdict.VIOLATED
    }
    case = next((case.name for case in done.cases if case.judgement.findings), None)
    return {
        "violated": violated,
        "exit_code": done.grades.exit_code,
        "error": None if done.error is None else str(done.error),
        "again": None if case is None else f"billproof conform {target} --seed {done.seed} --case {case}",
    }


def main(arguments: list[str]) -> int:
    """Judge the variants that are named, or all of them."""
    out = None
    if "--out" in arguments:
        place = arguments.index("--out")
        out = Path(arguments[place + 1])
        arguments = arguments[:place] + arguments[place + 2 :]
    results: dict[str, dict[str, object]] = {}
    for variant in VARIANTS:
        if arguments and variant.name not in arguments:
            continue
        found = judge_variant(variant.name)
        violated = found["violated"]
        assert isinstance(violated, dict)
        found["theorem"], found["breaks"] = variant.theorem, variant.breaks
        found["caught"] = variant.theorem in violated
        results[variant.name] = found
        others = [theorem for theorem in violated if theorem != variant.theorem]
        mark = "caught" if found["caught"] else "------"
        print(
            f"{mark}  {variant.theorem}  {variant.name}  beside: {others}  {found['error'] or ''}", flush=True
        )
    caught = sum(1 for found in results.values() if found["caught"])
    print(f"{caught} of {len(results)} are caught for their theorem")
    if out is not None:
        document = {"caught": caught, "variants": results}
        out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
