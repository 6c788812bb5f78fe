#!/usr/bin/env bash
# Installs Chromium where no browser that tests know is there: they open the dashboard and
# the documentation in it. Debian and its kin only.
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" > /dev/null; then exit 0; fi
done
if ! command -v apt-get > /dev/null || [ "$(id -u)" != 0 ]; then
    echo "install_browser.sh: expected chromium, found none; install Chromium or Google Chrome" \
        "(this script can as root, with apt-get)." >&2
    exit 1
fi
echo "Installing Chromium ..."
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2
apt-get install --quiet=2 --no-install-recommends chromium fonts-liberation > /dev/null
