"""Spares dbt work from when it has found the project: see instacart.lighter_dbt.

dbt imports every module whose name begins with dbt_, to find plugins. So plain ``dbt``
is spared as well.
"""

from pathlib import Path

import instacart

# By PYTHONPATH dbt may run another checkout, an older one of a benchmark.
if Path(instacart.__file__).parent.parent == Path(__file__).parent:
    from instacart.lighter_dbt import lighten_dbt

    lighten_dbt()
