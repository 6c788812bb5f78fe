with

checked_order_products as (

    select * from {{ ref('base_instacart__order_products') }}

),

accepted as (

    select
        order_id,
        product_id,
        cart_position,
        is_reordered,
        file_number,
        raw_row

    from checked_order_products

    where rejection_reason is null

)

select * from accepted
