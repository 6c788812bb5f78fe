#!/usr/bin/env bash
# Installs LibreOffice and pdftoppm where they are missing: they draw the workbooks for
# the README's pictures and for the test that opens the report. Debian and its kin only.
set -euo pipefail

if command -v soffice > /dev/null && command -v pdftoppm > /dev/null; then
    exit 0
fi
if ! command -v apt-get > /dev/null || [ "$(id -u)" != 0 ]; then
    echo "install_libreoffice.sh: expected soffice and pdftoppm, found them missing; install" \
        "LibreOffice Calc and poppler-utils (this script can as root, with apt-get)." >&2
    exit 1
fi
echo "Installing LibreOffice Calc and poppler-utils ..."
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2
apt-get install --quiet=2 --no-install-recommends \
    libreoffice-calc poppler-utils fonts-liberation > /dev/null
