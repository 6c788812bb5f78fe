-- Filled when this is published beside another file: see scripts/instacart/publish/changes.py.
select
    cast(null as string) as figure,
    cast(null as string) as dimension,
    cast(null as string) as dimension_value,
    cast(null as bigint) as customer_count,
    cast(null as double) as before,  -- noqa: RF04
    cast(null as double) as now,
    cast(null as double) as change,  -- noqa: RF04
    cast(null as double) as relative_change,
    cast(null as string) as verdict
where false
