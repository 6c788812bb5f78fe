{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('products') }}"
) }}

with

raw_products as (

    select * from {{ source('instacart', 'products') }}

),

typed as (

    select
        -- ids
        {{ to_integer('product_id') }} as product_id,
        {{ to_integer('aisle_id') }} as aisle_id,
        {{ to_integer('department_id') }} as department_id,

        -- text
        {{ to_text('product_name') }} as product_name,
        {{ to_text('prices') }} as price_text,

        -- numerics; a price that is not a number is imputed later, not a lost product
        {{ to_decimal('prices') }} as price,

        -- where the row comes from, and whether it can be used
        file_number,
        {{ first_problem([
            integer_problem('product_id', minimum=1),
            integer_problem('aisle_id', minimum=1),
            integer_problem('department_id', minimum=1),
        ]) }} as rejection_reason,
        case
            when rejection_reason is not null
                then {{ csv_row([
            'product_id', 'product_name', 'aisle_id', 'department_id', 'prices',
        ]) }}
        end as raw_row

    from raw_products

)

select * from typed
