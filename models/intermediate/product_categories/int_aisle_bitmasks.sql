with

products as (

    select * from {{ ref('int_products') }}

),

aisles as (

    select aisle_id

    from products

    group by aisle_id

),

numbered as (

    select
        aisle_id,
        row_number() over (order by aisle_id) - 1 as group_number

    from aisles

),

masked as (

    select
        aisle_id,
        {{ bitmask_of('aisle', 'group_number') }}

    from numbered

)

select * from masked
