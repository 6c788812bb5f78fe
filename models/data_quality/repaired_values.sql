with

products as (

    select * from {{ ref('int_products') }}

),

staged_orders as (

    select * from {{ ref('stg_instacart__orders') }}

),

repaired as (

    select
        'products' as dataset,
        'product_id' as column_name,
        product_id as row_id,
        cast(listed_product_id as string) as raw_value,
        cast(product_id as string) as new_value,
        'Misnumbered product given its own id, from the seed of known corrections'
            as repair

    from products

    where product_id <> listed_product_id

    union all

    select
        'products' as dataset,
        'product_name' as column_name,
        product_id as row_id,
        listed_name as raw_value,
        product_name as new_value,
        case
            when is_product_name_imputed then 'Missing or broken name replaced'
            else 'HTML entities decoded, backslashes and runs of blanks removed'
        end as repair

    from products

    where
        is_product_name_imputed
        or product_name <> listed_name

    union all

    select
        'products' as dataset,
        'prices' as column_name,
        product_id as row_id,
        price_text as raw_value,
        cast(price as string) as new_value,
        'Missing, mistyped or impossible price replaced by a median' as repair

    from products

    where is_price_imputed

    union all

    select
        'products' as dataset,
        'prices' as column_name,
        product_id as row_id,
        price_text as raw_value,
        cast(price as string) as new_value,
        'Price rounded to cents' as repair

    from products

    where listed_price <> {{ to_decimal('price_text') }}

    union all

    select
        'orders' as dataset,
        'days_since_prior_order' as column_name,
        order_id as row_id,
        cast(days_since_prior_order as string) as raw_value,
        cast(null as string) as new_value,
        'Days removed from a first order, which has no prior one' as repair

    from staged_orders

    where
        order_number = 1
        and days_since_prior_order is not null

)

select * from repaired
