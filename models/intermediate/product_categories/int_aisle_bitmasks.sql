with

products as (

    select * from {{ ref('int_products') }}

),

aisles as (

    select
        aisle_id,
        count(*) as product_count

    from products

    group by aisle_id

),

-- Those of most products come first: what gets no bit is seldom bought.
numbered as (

    select
        aisle_id,
        cast(
            row_number() over (order by product_count desc, aisle_id asc) - 1
            as bigint
        ) as group_number

    from aisles

),

masked as (

    select
        aisle_id,
        {{ bitmask_of('aisle', 'group_number') }}

    from numbered

    where group_number < {{ bit_count('aisle') }}

)

select * from masked
