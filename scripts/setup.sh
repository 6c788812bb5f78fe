#!/usr/bin/env bash
# Makes the environment in .venv from requirements.lock, with the newest Python from 3.11 to
# 3.14 that is found here, or the one that BASE_PYTHON names.
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never
# `user = true` of pip.conf, which no virtual environment allows.
export PIP_USER=0

fail() {
    echo "make setup: $*" >&2
    exit 1
}

candidates=(python3.14 python3.13 python3.12 python3.11 python3)
if [ -n "${BASE_PYTHON:-}" ]; then candidates=("$BASE_PYTHON"); fi
base='' without_venv='' unsupported=''
for each in "${candidates[@]}"; do
    version=$("$each" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2> /dev/null) || continue
    case $version in
        3.11 | 3.12 | 3.13 | 3.14) ;;
        *) unsupported="Python $version" && continue ;;
    esac
    # Debian has these two in a package of their own.
    if "$each" -c 'import ensurepip, venv' 2> /dev/null; then
        base=$each
        break
    fi
    without_venv="Python $version"
done
if [ -z "$base" ] && [ -n "$without_venv" ]; then
    fail "expected a Python that can make a virtual environment, found $without_venv without" \
        "venv; install python3-venv (on Debian and Ubuntu: apt install python3-venv)."
fi
if [ -z "$base" ]; then
    fail "expected Python 3.11 to 3.14, found ${unsupported:-none}${BASE_PYTHON:+ at $BASE_PYTHON};" \
        "install one (on Debian and Ubuntu: apt install python3 python3-venv; on macOS: brew" \
        "install python) or name another with BASE_PYTHON=..."
fi

echo "Setting up .venv with Python $version ..."
# What another Python or another folder made, or a setup that was stopped, is of no use.
here=$(pwd -P)
is_version="import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')"
if [ "$(cat .venv/.synced 2> /dev/null)" != "$here" ] \
    || ! .venv/bin/python -c "$is_version" 2> /dev/null; then
    # A link to the environment of another project is taken away, not what it leads to.
    if [ -L .venv ]; then rm .venv; fi
    "$base" -m venv --clear .venv
fi
rm -f .venv/.synced

# uv comes first, and by pip: it installs the rest, itself included, in a fraction of the time.
no_packages="expected every package of requirements.lock, found what is said above; see that the"
no_packages+=" package index is reached (PIP_INDEX_URL or pip.conf name another)."
.venv/bin/python -m pip --disable-pip-version-check -qq install \
    --require-hashes -r <(sed -n '/^uv==/,/# via/p' requirements.lock) || fail "$no_packages"
.venv/bin/python scripts/run_uv.py pip sync --quiet --no-build --compile-bytecode \
    --python .venv/bin/python --require-hashes requirements.lock || fail "$no_packages"
.venv/bin/uv pip install --quiet --offline --no-deps --python .venv/bin/python --editable .
echo "$here" > .venv/.synced
echo "Environment ready in .venv (activate it with: source .venv/bin/activate)"
