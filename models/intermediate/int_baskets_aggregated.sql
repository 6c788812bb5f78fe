{{ config(materialized='table') }}

with

order_products as (

    select * from {{ ref('int_order_products_enriched') }}

),

product_bits as (

    select * from {{ ref('int_product_bits') }}

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
        {{ united_bits('department', 'product_bits') }},
        {{ united_bits('price_range', 'product_bits') }},
        {{ united_bits('aisle', 'product_bits') }}

    from order_products

    inner join product_bits
        on order_products.product_id = product_bits.product_id

    group by
        order_products.order_id,
        order_products.customer_id,
        order_products.is_analysed

)

select * from aggregated
