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
        case
            when rejection_reason is not null
                then {{ csv_row([
                    'order_id', 'product_id', 'add_to_cart_order', 'reordered',
                ]) }}
        end as raw_row

    from raw_order_products

)

select * from typed
