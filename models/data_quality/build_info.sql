-- Only when all has passed is there something to say: see scripts/instacart/publish/info.py.
select
    cast(null as bigint) as build_number,
    cast(null as string) as version,  -- noqa: RF04
    cast(null as string) as commit,  -- noqa: RF04
    cast(null as string) as fingerprint,
    cast(null as string) as files,
    cast(null as timestamp) as built_at,
    cast(null as integer) as passed_count,
    cast(null as integer) as warned_count
where false
