{{ config(materialized='table') }}

with

customer_products as (

    select * from {{ ref('int_customer_products_aggregated') }}

),

products as (

    select * from {{ ref('int_products') }}

),

summed as (

    select
        product_id,
        count(*) as customer_count,
        cast(sum(order_product_count) as bigint) as order_product_count,
        cast(sum(reordered_product_count) as bigint) as reordered_product_count

    from customer_products

    group by product_id

),

aggregated as (

    select
        summed.product_id,
        summed.customer_count,
        summed.order_product_count,
        summed.reordered_product_count,
        cast(products.price * summed.order_product_count as decimal(18, 2)) as revenue

    from summed

    inner join products
        on summed.product_id = products.product_id

)

select * from aggregated
