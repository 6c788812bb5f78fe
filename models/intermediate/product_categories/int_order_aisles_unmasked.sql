{{ config(materialized='table') }}

with

order_products as (

    select * from {{ ref('int_order_products') }}

    where is_analysed

),

products as (

    select * from {{ ref('int_products') }}

),

unmasked_products as (

    select * from {{ ref('int_product_bitmasks') }}

    where aisle_bitmask_1 is null

),

-- An order holds such a aisle once, however many of its products.
grouped as (

    select
        order_products.order_id,
        order_products.customer_id,
        products.aisle_id

    from order_products

    inner join unmasked_products
        on order_products.product_id = unmasked_products.product_id

    inner join products
        on order_products.product_id = products.product_id

    group by
        order_products.order_id,
        order_products.customer_id,
        products.aisle_id

)

select * from grouped
