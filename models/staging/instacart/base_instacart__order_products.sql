{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('order_products') }}"
) }}

with

raw_order_products as (

    select * from {{ source('instacart', 'order_products') }}

),

typed as (

    select
        -- ids
        {{ to_integer('order_id') }} as order_id,
        {{ to_integer('product_id') }} as product_id,

        -- numerics
        {{ to_integer('add_to_cart_order') }} as cart_position,

        -- booleans
        {{ to_integer('reordered') }} = 1 as is_reordered,

        -- where the row stands, and whether it can be used
        source_file,
        {{ first_problem([
            integer_problem('order_id', minimum=1),
            integer_problem('product_id', minimum=1),
            integer_problem('add_to_cart_order', minimum=1),
            integer_problem('reordered', minimum=0, maximum=1),
        ]) }} as rejection_reason,
        {{ csv_row(['order_id', 'product_id', 'add_to_cart_order', 'reordered']) }}
            as row_text

    from raw_order_products

),

shown as (

    select
        order_id,
        product_id,
        cart_position,
        is_reordered,
        source_file,
        rejection_reason,
        case when rejection_reason is not null then row_text end as raw_row

    from typed

)

select * from shown
