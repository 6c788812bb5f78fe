#!/usr/bin/env bash
# Pins what each tests/clients/*.in names, in a lock of its own: no two fit together.
#   scripts/lock_clients.sh [--upgrade]
set -euo pipefail
cd "$(dirname "$0")/.."

for wanted in tests/clients/*.in; do
    .venv/bin/python scripts/run_uv.py pip compile --quiet --universal --generate-hashes \
        --no-header --no-annotate "$@" "$wanted" --output-file "${wanted%.in}.lock"
done
