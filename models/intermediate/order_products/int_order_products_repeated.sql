{{ config(materialized='table') }}

with

order_products as{{ not_materialized_hint() }} (

    select * from {{ ref('stg_instacart__order_products') }}

),

-- One number for both ids groups a third faster than two columns.
repeated_keys as (

    select {{ order_product_key() }} as order_product_key

    from order_products

    group by order_product_key

    having count(*) > 1

),

copies as (

    select
        order_products.order_id,
        order_products.product_id,
        order_products.cart_position,
        order_products.is_reordered,
        order_products.file_number,
        order_products.raw_row,
        {{ copy_number([
            'order_products.order_id', 'order_products.product_id',
            'order_products.cart_position', 'order_products.is_reordered',
        ]) }} as copy_number

    from order_products

    inner join repeated_keys
        on {{ order_product_key() }} = repeated_keys.order_product_key

),

screened as (

    select
        order_id,
        product_id,
        cart_position,
        is_reordered,
        file_number,
        raw_row,
        {{ row_status(
            ['order_id', 'product_id'],
            ['cart_position', 'is_reordered'],
        ) }} as row_status

    from copies

)

select * from screened
