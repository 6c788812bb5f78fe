with

checked_products as (

    select * from {{ ref('base_instacart__products') }}

),

accepted as (

    select
        product_id,
        aisle_id,
        department_id,
        product_name,
        product_name_text,
        price_text,
        price,
        file_number,
        raw_row

    from checked_products

    where rejection_reason is null

)

select * from accepted
