{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('order_products') }}"
) }}

with

raw_order_products as (

    select * from {{ source('instacart', 'order_products') }}

),

-- Almost every number is written as usual, and its text need not be looked at again.
canonical as (

    select
        *,
        {{ canonical_integer('order_id', 'has_only_digits') }} as canonical_order_id,
        {{ canonical_integer('product_id', 'has_only_digits') }}
            as canonical_product_id,
        {{ canonical_integer('add_to_cart_order', 'has_only_digits') }}
            as canonical_cart_position,
        {{ listed_integer('reordered', ['0', '1']) }} as canonical_reordered,
        -- Named, as DuckDB evaluates for every row what a query says twice.
        case
            when canonical_reordered is null then {{ lower_case(trimmed('reordered')) }}
        end as reordered_word

    from raw_order_products

),

typed as (

    select
        *,
        coalesce(canonical_order_id, {{ other_integer('order_id') }}) as typed_order_id,
        coalesce(canonical_product_id, {{ other_integer('product_id') }})
            as typed_product_id,
        coalesce(canonical_cart_position, {{ other_integer('add_to_cart_order') }})
            as typed_cart_position,
        coalesce(canonical_reordered, {{ other_flag('reordered', 'reordered_word') }})
            as typed_reordered

    from canonical

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
        case
            when
                canonical_order_id is not null
                and canonical_product_id is not null
                and canonical_cart_position is not null
                and canonical_reordered is not null
                and rejection_reason is null
                then null
            else {{ raw_row([
                'order_id', 'product_id', 'add_to_cart_order', 'reordered',
            ]) }}
        end as raw_row

    from typed

)

select * from checked
