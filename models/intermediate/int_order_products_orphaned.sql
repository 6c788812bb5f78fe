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
        order_id,
        product_id,
        cart_position,
        is_reordered,
        file_number,
        case
            when order_id not in (select orders.order_id from orders)
                then 'unknown order'
            else 'unknown product'
        end as rejection_reason

    from order_products

    where
        order_id not in (select orders.order_id from orders)
        or product_id not in (select products.product_id from products)

)

select * from orphaned
