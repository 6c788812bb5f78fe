#!/usr/bin/env bash
# Installs the clients that read published files, for tests and `make soak`: a folder below
# target/clients for each lock of tests/clients, to be put on PYTHONPATH. A version of DuckDB
# that has no wheel for this Python leaves its folder empty.
set -euo pipefail
cd "$(dirname "$0")/.."

target=target/clients
rm -rf "$target"
for lock in tests/clients/*.lock; do
    name=$(basename "$lock" .lock)
    mkdir -p "$target/$name"
    if ! .venv/bin/python scripts/run_uv.py pip install --quiet --no-build --no-deps \
        --python .venv/bin/python --target "$target/$name" --require-hashes \
        --requirements "$lock"; then
        echo "make clients: expected every package of $lock, found what is said above; see that" \
            "the package index is reached (PIP_INDEX_URL or pip.conf name another)." >&2
        exit 1
    fi
done
touch "$target/.installed"
