{{- check_price_range_count() -}}

with

products as (

    select * from {{ ref('int_products') }}

),

price_ranges as (

    select price_range

    from products

    group by price_range

),

numbered as (

    select
        price_range,
        cast(row_number() over (order by price_range) - 1 as bigint) as group_number

    from price_ranges

),

masked as (

    select
        price_range,
        {{ bitmask_of('price_range', 'group_number') }}

    from numbered

)

select * from masked
