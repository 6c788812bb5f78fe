with

order_products as (

    select * from {{ ref('int_order_products_joined') }}

),

-- Only order products of an unknown order have no customer.
orphaned as (

    select
        order_id,
        product_id,
        cart_position,
        is_reordered,
        file_number,
        case
            when customer_id is null then 'unknown order'
            else 'unknown product'
        end as rejection_reason

    from order_products

    where unknown_key_count > 0

)

select * from orphaned
