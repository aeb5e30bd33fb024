#!/bin/sh
# Compile requirements.lock: the base dependencies and all extras, every file pinned by its hash.
# Compiled for Python 3.11 so that the backports which newer versions do not need are in it as well.
# No index address, no link and no machine's options are written into the file.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3.11}
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || {
    echo "error: the lock file is compiled with Python 3.11; say PYTHON=/path/to/python3.11 make lock" >&2
    exit 3
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check pip-tools
CUSTOM_COMPILE_COMMAND="make lock" "$work/venv/bin/pip-compile" --quiet --extra dev --extra service --extra notebooks --extra cluster --extra postgres \
    --generate-hashes --allow-unsafe --strip-extras --upgrade \
    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
    --output-file requirements.lock pyproject.toml
