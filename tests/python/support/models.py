"""Names of models that tests select, in one place."""

from __future__ import annotations

# Looks at the raw files, and is built in no time.
READS_FILES = "stg_instacart__files"
IN_CORE = "path:models/marts/core"
# Folders whose tables every spoilt package is judged by. What is downstream of reports
# is not: it would build them all for every package.
COMPARED = ("models/marts/core", "models/data_quality")
NOT_COMPARED = "models/data_quality/published"
# The tables that read the raw files, and the folder of their models.
BASE_TABLES = "staging.base_instacart__"
STAGING = "models/staging"
MARTS = "models/marts"
CUSTOMER_SEGMENTS = "path:models/marts/customer_segments"
BASKETS = "path:models/marts/baskets"
REPORT_FOLDERS = (
    *("path:models/marts/time_trends", "path:models/marts/product_categories"),
    *(CUSTOMER_SEGMENTS, BASKETS),
)
