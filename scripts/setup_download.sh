#!/usr/bin/env bash
# Adds to .venv what `instacart download` needs, from requirements-download.lock.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! .venv/bin/python scripts/run_uv.py pip install --quiet --no-build \
    --python .venv/bin/python --require-hashes --requirements requirements-download.lock; then
    echo "make download: expected every package of requirements-download.lock, found what is said" \
        "above; see that the package index is reached (PIP_INDEX_URL or pip.conf name another)." >&2
    exit 1
fi
touch .venv/.with-download
