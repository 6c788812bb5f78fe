"""Names of models that tests select, in one place."""

from __future__ import annotations

# Folders whose tables every spoilt package is judged by. What is downstream of reports
# is not: it would build them all for every package.
COMPARED = ("models/marts/core", "models/data_quality")
NOT_COMPARED = ("models/data_quality/published", "models/data_quality/versions")
# The tables that read the raw files, and the folder of their models.
BASE_TABLES = "staging.base_instacart__"
STAGING = "models/staging"
MARTS = "models/marts"
BASKETS = "path:models/marts/baskets"
CUSTOMER_SEGMENTS = "path:models/marts/customer_segments"
TARGETING = "path:models/marts/targeting"
REPORT_FOLDERS = (
    *("path:models/marts/time_trends", "path:models/marts/product_categories"),
    *(CUSTOMER_SEGMENTS, TARGETING, BASKETS),
)
# What holds which customer is in which segment.
SEGMENTS = "path:models/intermediate/customer_segments"
