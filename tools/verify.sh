#!/usr/bin/env bash
# The main job: bill a sample of usage, bill it again, audit the ledger, judge the theorems.
# The second billing must charge nothing, which is what the first theorem says about a repeated file.
set -euo pipefail
cd "$(dirname "$0")/.."

sample=samples/focus_synthetic.csv
real=../shared/data/focus/focus_sample.csv
if [ -r "$real" ]; then sample=$real; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
db=$work/ledger.db

printf '== bill %s\n' "$sample"
billproof ingest "$sample" --db "$db"

printf '\n== bill the same file again: every row is a duplicate, nothing is charged\n'
billproof ingest "$sample" --db "$db" --format json | tee "$work/again.json"
python - "$work/again.json" <<'PY'
import json
import pathlib
import sys

again = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
if again["charged"] != 0 or again["duplicates"] != again["read"]:
    sys.exit(f"error: the second billing charged {again['charged']} of {again['read']} rows; it must charge none")
PY

printf '\n== audit the ledger, offline\n'
billproof audit "$db"

printf '\n== judge the theorems under both designs, against reports/expected-verdicts.json\n'
# The default of 60 seconds is enough on two idle cores; a busy machine gets more.
billproof verify --budget 600 --expect reports/expected-verdicts.json
