{# A view: int_order_products_joined has the rows, and 33 million of them need no second
   copy. -#}
{{ config(materialized='view') }}

with

order_products as (

    select * from {{ ref('int_order_products') }}

),

published as (

    select
        order_id,
        product_id,
        customer_id,
        is_analysed,
        cart_position,
        is_reordered,
        price

    from order_products

)

select * from published
