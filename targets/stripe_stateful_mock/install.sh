#!/bin/sh
# Install the pinned stripe-stateful-mock into a folder of its own beside this script.
set -e
cd "$(dirname "$0")"
npm ci --silent --no-audit --no-fund
