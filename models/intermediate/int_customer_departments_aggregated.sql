{{ config(materialized='table') }}

with

order_products as (

    select * from {{ ref('int_order_products_enriched') }}

    where is_analysed

),

products as (

    select * from {{ ref('int_products_repaired') }}

),

-- By product first: different products are then rows to count, which is cheap.
customer_products as (

    select
        customer_id,
        product_id,
        count(*) as order_product_count,
        count(*) filter (where is_reordered) as reordered_product_count,
        sum(price) as revenue

    from order_products

    group by
        customer_id,
        product_id

),

aggregated as (

    select
        customer_products.customer_id,
        products.department_id,
        count(*) as distinct_product_count,
        cast(sum(customer_products.order_product_count) as bigint)
            as order_product_count,
        cast(sum(customer_products.reordered_product_count) as bigint)
            as reordered_product_count,
        cast(sum(customer_products.revenue) as decimal(18, 2)) as revenue

    from customer_products

    inner join products
        on customer_products.product_id = products.product_id

    group by
        customer_products.customer_id,
        products.department_id

)

select * from aggregated
