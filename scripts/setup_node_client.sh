#!/usr/bin/env bash
# Installs DuckDB's client for Node.js in target/clients/node, from tests/clients/node. Without npm
# the folder stays empty, and `make bi` says that this client was not tried.
set -euo pipefail
cd "$(dirname "$0")/.."

target=target/clients/node
rm -rf "$target"
mkdir -p "$target"
if command -v npm > /dev/null; then
    cp tests/clients/node/package.json tests/clients/node/package-lock.json "$target"
    if ! npm ci --prefix "$target" --ignore-scripts --no-audit --no-fund --silent; then
        echo "make bi: expected every package of tests/clients/node/package-lock.json, found what" \
            "npm says above; see that npm's registry is reached." >&2
        exit 1
    fi
fi
touch "$target/.installed"
