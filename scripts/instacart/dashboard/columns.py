"""Columns that several pages show, and the colours of what is counted."""

from __future__ import annotations

from instacart.workbook import BLUE, GREEN, ORANGE, Column

CUSTOMERS = Column("customer_count", "Customers", "count")
ORDERS = Column("order_count", "Orders", "count")
ITEMS = Column("order_product_count", "Items", "count")
HOUR = Column("hour", "Hour from")
DEPARTMENT_NAME = Column("department", "Department")
OF_CUSTOMERS = Column("customer_share", "Share of customers", "share")
OF_ORDERS = Column("order_share", "Share of orders", "share")
OF_ITEMS = Column("order_product_share", "Share of items", "share")
# On every page the same.
SHARES = {OF_CUSTOMERS: BLUE, OF_ORDERS: ORANGE, OF_ITEMS: GREEN}
