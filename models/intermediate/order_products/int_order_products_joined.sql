{{ config(materialized='table') }}

with

order_products as (

    select * from {{ ref('stg_instacart__order_products') }}

),

repeated as (

    select * from {{ ref('int_order_products_repeated') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

products as (

    select * from {{ ref('int_products') }}

),

candidates as (

    select
        order_id,
        product_id,
        cart_position,
        is_reordered,
        file_number,
        false as is_kept_copy

    from order_products

    union all

    select
        order_id,
        product_id,
        cart_position,
        is_reordered,
        file_number,
        true as is_kept_copy

    from repeated

    where row_status = 'kept'

),

-- Left joins: rows without a match go to int_order_products_orphaned.
looked_up as (

    select
        candidates.order_id,
        candidates.product_id,
        orders.customer_id,
        orders.is_analysed,
        candidates.cart_position,
        candidates.is_reordered,
        products.price,
        candidates.file_number,
        candidates.is_kept_copy,
        cast(orders.order_id is null as integer)
        + cast(products.product_id is null as integer) as unknown_key_count

    from candidates

    left join orders
        on candidates.order_id = orders.order_id

    left join products
        on candidates.product_id = products.product_id

),

-- Rows whose key is repeated are kept once. Filtered after the joins: DuckDB assumes that a
-- filter leaves a fifth, and after two would hash the order products instead of the orders.
deduplicated as (

    select
        order_id,
        product_id,
        customer_id,
        is_analysed,
        cart_position,
        is_reordered,
        price,
        file_number,
        unknown_key_count

    from looked_up

    where
        is_kept_copy
        or {{ order_product_key() }} not in (
            select {{ order_product_key() }} from repeated
        )

)

select * from deduplicated
