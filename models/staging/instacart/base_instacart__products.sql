{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('products') }}"
) }}

with

raw_products as (

    select * from {{ source('instacart', 'products') }}

),

-- Whether 1,299 is more than a thousand, the other prices of the file say.
marked as (

    select
        *,
        {{ proven_decimal_mark('prices') }} as proven_mark

    from raw_products

),

typed as (

    select
        -- ids
        {{ to_integer('product_id') }} as product_id,
        {{ to_integer('aisle_id') }} as aisle_id,
        {{ to_integer('department_id') }} as department_id,

        -- text
        {{ to_text('product_name') }} as product_name,
        nullif({{ trimmed('product_name') }}, '') as product_name_text,
        nullif({{ trimmed('prices') }}, '') as price_text,

        -- numerics; a price that is not a number is imputed later, not a lost product
        {{ decimal_mark('proven_mark', per='file_number') }} as decimal_mark,
        {{ to_decimal('prices', 'decimal_mark') }} as price,

        -- where the row comes from, and whether it can be used
        file_number,
        {{ first_problem([
            integer_problem('product_id', minimum=1),
            integer_problem('aisle_id', minimum=1),
            integer_problem('department_id', minimum=1),
        ]) }} as rejection_reason,
        {{ raw_row([
            'product_id', 'product_name', 'aisle_id', 'department_id', 'prices',
        ]) }} as raw_row

    from marked

),

-- Any cell of a rejected row may hold a name of a customer, whose row went astray.
shown as (

    select
        product_id,
        aisle_id,
        department_id,
        case when rejection_reason is null then product_name end as product_name,
        case when rejection_reason is null then product_name_text end
            as product_name_text,
        case when rejection_reason is null then price_text end as price_text,
        decimal_mark,
        price,
        file_number,
        rejection_reason,
        raw_row

    from typed

)

select * from shown
