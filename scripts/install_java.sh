#!/usr/bin/env bash
# Installs Java 17 where neither JAVA_HOME nor PATH leads to one that Spark runs on: 17 or newer.
# Debian and its kin only.
set -euo pipefail
least=17

# The number of a Java: 17 of 17.0.15, 8 of 1.8.0_442; nothing where it doesn't run.
version_of() {
    { "$1" -version 2>&1 || true; } | sed -nE 's/.* version "(1\.)?([0-9]+).*/\2/p' | head -n 1
}

fail() {
    echo "install_java.sh: expected Java $least or newer, found $*." >&2
    exit 1
}

found=$(version_of "${JAVA_HOME:+$JAVA_HOME/bin/}java")
if [ "${found:-0}" -ge "$least" ]; then exit 0; fi
has=${found:+Java $found}
if [ -n "${JAVA_HOME:-}" ]; then
    fail "${has:-none} at $JAVA_HOME; correct or unset JAVA_HOME"
fi
if ! command -v apt-get > /dev/null || [ "$(id -u)" != 0 ]; then
    fail "${has:-none}; install it (on Debian and Ubuntu: apt install openjdk-17-jre-headless;" \
        "on macOS: brew install openjdk@17) or name its folder with JAVA_HOME=..."
fi
echo "Installing Java ..."
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2
# Debian 13 has newer ones only.
for package in "openjdk-$least-jre-headless" default-jre-headless; do
    if apt-get install --quiet=2 --no-install-recommends "$package" > /dev/null \
        && found=$(version_of java) && [ "${found:-0}" -ge "$least" ]; then
        exit 0
    fi
done
fail "none that apt-get can install; install one and name its folder with JAVA_HOME=..."
