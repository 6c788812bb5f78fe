#!/usr/bin/env bash
# Makes the environment in .venv-spark from requirements-spark.lock, with the Python of .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
export PIP_USER=0

echo "Setting up .venv-spark (the Spark package is large) ..."
# What another Python or another folder made, or a setup that was stopped, is of no use.
here=$(pwd -P)
version=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
is_version="import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')"
if [ "$(cat .venv-spark/.synced 2> /dev/null)" != "$here" ] \
    || ! .venv-spark/bin/python -c "$is_version" 2> /dev/null; then
    # A link to the environment of another project is taken away, not what it leads to.
    if [ -L .venv-spark ]; then rm .venv-spark; fi
    .venv/bin/python -m venv --clear --without-pip .venv-spark
fi
rm -f .venv-spark/.synced

# Spark itself and what speaks Thrift come as source; what builds them is pinned by the same lock.
if ! .venv/bin/python scripts/run_uv.py pip sync --quiet --python .venv-spark/bin/python \
    --only-binary :all: $(printf -- '--no-binary %s ' pyspark pyhive pure-sasl thrift) \
    --build-constraints requirements-spark.lock --require-hashes requirements-spark.lock; then
    echo "make spark-up: expected every package of requirements-spark.lock, found what is said" \
        "above; see that the package index is reached (PIP_INDEX_URL or pip.conf name another)." >&2
    exit 1
fi
.venv/bin/uv pip install --quiet --offline --no-deps --python .venv-spark/bin/python --editable .
echo "$here" > .venv-spark/.synced
