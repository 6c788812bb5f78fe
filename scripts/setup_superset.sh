#!/usr/bin/env bash
# Makes the environment in .venv-superset from requirements-superset.lock, with the Python of .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
export PIP_USER=0

version=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case $version in
    3.11 | 3.12) ;;
    *)
        echo "make bi: expected Python 3.11 or 3.12, which Superset 6.1 runs on, found $version in" \
            ".venv; run make bi BASE_PYTHON=python3.12." >&2
        exit 1
        ;;
esac

echo "Setting up .venv-superset (Superset is large) ..."
# What another Python or another folder made, or a setup that was stopped, is of no use.
here=$(pwd -P)
is_version="import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')"
if [ "$(cat .venv-superset/.synced 2> /dev/null)" != "$here" ] \
    || ! .venv-superset/bin/python -c "$is_version" 2> /dev/null; then
    # A link to the environment of another project is taken away, not what it leads to.
    if [ -L .venv-superset ]; then rm .venv-superset; fi
    .venv/bin/python -m venv --clear --without-pip .venv-superset
fi
rm -f .venv-superset/.synced

# Two packages come as source; what builds them is pinned by the same lock.
if ! .venv/bin/python scripts/run_uv.py pip sync --quiet --python .venv-superset/bin/python \
    --only-binary :all: $(printf -- '--no-binary %s ' odfpy wtforms-json) \
    --build-constraints requirements-superset.lock --require-hashes requirements-superset.lock; then
    echo "make bi: expected every package of requirements-superset.lock, found what is said above;" \
        "see that the package index is reached (PIP_INDEX_URL or pip.conf name another)." >&2
    exit 1
fi
echo "$here" > .venv-superset/.synced
