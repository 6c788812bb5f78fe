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

-- What the inner joins leave out is kept in int_order_products_orphaned.
enriched as (

    select
        order_products.order_id,
        order_products.product_id,
        orders.customer_id,
        orders.is_analysed,
        order_products.cart_position,
        order_products.is_reordered,
        products.price,
        order_products.source_file

    from order_products

    inner join orders
        on order_products.order_id = orders.order_id

    inner join products
        on order_products.product_id = products.product_id

)

select * from enriched
