#!/usr/bin/env bash
# Installs into target/browser what tests run inside pages, from tests/browser/package-lock.json:
# axe-core, which checks accessibility. Installs npm first where it is missing and apt-get can.
set -euo pipefail
cd "$(dirname "$0")/.."

target=target/browser
lock=tests/browser/package-lock.json
if [ -f "$target/.installed" ] && cmp -s "$lock" "$target/package-lock.json"; then exit 0; fi
if ! command -v npm > /dev/null; then
    if ! command -v apt-get > /dev/null || [ "$(id -u)" != 0 ]; then
        echo "setup_browser_tests.sh: expected npm, found none; install Node.js with npm (this" \
            "script can as root, with apt-get)." >&2
        exit 1
    fi
    echo "Installing Node.js and npm ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet=2
    apt-get install --quiet=2 --no-install-recommends nodejs npm > /dev/null
fi
rm -rf "$target"
mkdir -p "$target"
cp tests/browser/package.json "$lock" "$target"
if ! npm ci --prefix "$target" --loglevel error --ignore-scripts --no-audit --no-fund > /dev/null; then
    echo "setup_browser_tests.sh: expected every package of $lock, found what npm says; see that" \
        "the npm registry is reached (npm config get registry)." >&2
    exit 1
fi
touch "$target/.installed"
