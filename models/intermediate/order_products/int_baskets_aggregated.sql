{{ config(materialized='table') }}

with

order_products as (

    select * from {{ ref('int_order_products') }}

),

product_bitmasks as (

    select * from {{ ref('int_product_bitmasks') }}

),

aggregated as (

    select
        order_products.order_id,
        order_products.customer_id,
        order_products.is_analysed,
        cast(count(*) as integer) as product_count,
        cast(count(*) filter (where order_products.is_reordered) as integer)
            as reordered_product_count,
        cast(sum(order_products.price) as decimal(10, 2)) as order_total,
        {{ bitmask_union('department', 'product_bitmasks') }},
        {{ bitmask_union('price_range', 'product_bitmasks') }},
        {{ bitmask_union('aisle', 'product_bitmasks') }}

    from order_products

    inner join product_bitmasks
        on order_products.product_id = product_bitmasks.product_id

    group by
        order_products.order_id,
        order_products.customer_id,
        order_products.is_analysed

)

select * from aggregated
