{{ config(materialized='table') }}

with

order_products as (

    select * from {{ ref('int_order_products_enriched') }}

    where is_analysed

),

products as (

    select * from {{ ref('int_products_repaired') }}

),

aggregated as (

    select
        order_products.order_id,
        products.department_id,
        cast(count(*) as integer) as order_product_count,
        cast(count(*) filter (where order_products.is_reordered) as integer)
            as reordered_product_count,
        cast(sum(order_products.price) as decimal(10, 2)) as revenue

    from order_products

    inner join products
        on order_products.product_id = products.product_id

    group by
        order_products.order_id,
        products.department_id

)

select * from aggregated
