{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('order_products') }}"
) }}

with

raw_order_products as (

    select * from {{ source('instacart', 'order_products') }}

),

-- A step of its own, so that no text is read a second time to be checked.
typed as (

    select
        *,
        {{ to_integer('order_id') }} as typed_order_id,
        {{ to_integer('product_id') }} as typed_product_id,
        {{ to_integer('add_to_cart_order') }} as typed_cart_position,
        {{ to_flag('reordered') }} as typed_reordered

    from raw_order_products

),

checked as (

    select
        -- ids
        typed_order_id as order_id,
        typed_product_id as product_id,

        -- numerics
        typed_cart_position as cart_position,

        -- booleans
        typed_reordered = 1 as is_reordered,

        -- where the row comes from, and whether it can be used
        file_number,
        {{ first_integer_problem([
            dict(column='order_id', number='typed_order_id', minimum=1),
            dict(column='product_id', number='typed_product_id', minimum=1),
            dict(column='add_to_cart_order', number='typed_cart_position', minimum=1),
            dict(column='reordered', number='typed_reordered', minimum=0, maximum=1),
        ]) }} as rejection_reason,
        {{ row_text({
            'order_id': 'typed_order_id',
            'product_id': 'typed_product_id',
            'add_to_cart_order': 'typed_cart_position',
            'reordered': 'typed_reordered',
        }) }} as raw_row

    from typed

)

select * from checked
