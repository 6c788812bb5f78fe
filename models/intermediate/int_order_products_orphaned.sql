{{ config(materialized='table') }}

with

order_products as (

    select * from {{ ref('int_order_products') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

products as (

    select * from {{ ref('int_products_repaired') }}

),

orphaned as (

    select
        order_products.order_id,
        order_products.product_id,
        order_products.cart_position,
        order_products.is_reordered,
        order_products.source_file,
        case
            when orders.order_id is null then 'unknown order'
            else 'unknown product'
        end as rejection_reason

    from order_products

    left join orders
        on order_products.order_id = orders.order_id

    left join products
        on order_products.product_id = products.product_id

    where
        orders.order_id is null
        or products.product_id is null

)

select * from orphaned
