#!/bin/sh
# Print the first interpreter that can make the environment; print nothing when there is none.
# 3.11 comes first because the lock file is compiled for it. Each candidate is run, not only looked up:
# version managers leave commands on the path that exist and refuse to start.
for name in python3.11 python3.12 python3.13 python3.14 python3 python; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        command -v "$name"
        exit 0
    fi
done
