with

order_products as (

    select * from {{ ref('int_order_products_joined') }}

),

-- A number instead of a boolean: if it is 0 for all rows, DuckDB skips the filter.
known as (

    select
        order_id,
        product_id,
        customer_id,
        is_analysed,
        cart_position,
        is_reordered,
        price,
        file_number

    from order_products

    where unknown_key_count = 0

)

select * from known
