with

order_products as (

    select * from {{ ref('stg_instacart__order_products') }}

),

repeated as (

    select * from {{ ref('int_order_products_repeated') }}

),

-- The rows whose key is repeated come back once.
deduplicated as (

    select
        order_products.order_id,
        order_products.product_id,
        order_products.cart_position,
        order_products.is_reordered,
        order_products.file_number

    from order_products

    where
        {{ order_product_key() }} not in (
            select {{ order_product_key() }} from repeated
        )

    union all

    select
        repeated.order_id,
        repeated.product_id,
        repeated.cart_position,
        repeated.is_reordered,
        repeated.file_number

    from repeated

    where repeated.row_status = 'kept'

)

select * from deduplicated
