-- Only when all has passed is there something to say: see scripts/instacart/publish/info.py.
select
    cast(null as bigint) as build_number,
    cast(null as {{ dbt.type_string() }}) as version,
    cast(null as {{ dbt.type_string() }}) as commit,
    cast(null as {{ dbt.type_string() }}) as fingerprint,
    cast(null as {{ dbt.type_string() }}) as files,
    cast(null as {{ dbt.type_timestamp() }}) as built_at,
    cast(null as integer) as passed_count,
    cast(null as integer) as warned_count
where false
