{{ config(materialized='table') }}

with

products as (

    select * from {{ ref('stg_instacart__products') }}

),

corrections as (

    select * from {{ ref('product_id_corrections') }}

),

-- A correction applies only while its id is missing: Kaggle's file needs none.
open_corrections as (

    select
        corrections.listed_product_id,
        corrections.aisle_id,
        corrections.product_id

    from corrections

    left join products
        on corrections.product_id = products.product_id

    where products.product_id is null

),

corrected as (

    select
        coalesce(open_corrections.product_id, products.product_id) as product_id,
        products.product_id as listed_product_id,
        products.product_name,
        products.product_name_text,
        products.aisle_id,
        products.department_id,
        products.price_text,
        products.price,
        products.file_number,
        products.raw_row

    from products

    left join open_corrections
        on
            products.product_id = open_corrections.listed_product_id
            and products.aisle_id = open_corrections.aisle_id

),

copies as (

    select
        product_id,
        listed_product_id,
        product_name,
        product_name_text,
        aisle_id,
        department_id,
        price_text,
        price,
        file_number,
        -- Of rows in conflict, one that needs no repair is kept.
        {{ known_name('product_name') }} is null as is_name_broken,
        not coalesce({{ is_valid_price('price') }}, false) as is_price_broken,
        raw_row,
        -- 2 and 2.0 are the same price; if it is not a price, the text counts.
        case when price is null then {{ to_text('price_text') }} end as unpriced_text,
        {{ squeeze_blanks('product_name') }} as squeezed_name

    from corrected

),

numbered as (

    select
        *,
        {{ copy_number([
            'product_id', 'squeezed_name', 'aisle_id', 'department_id', 'price',
            'unpriced_text',
        ]) }} as copy_number

    from copies

),

screened as (

    select
        product_id,
        listed_product_id,
        product_name,
        product_name_text,
        aisle_id,
        department_id,
        price_text,
        price,
        file_number,
        raw_row,
        {{ row_status(
            ['product_id'],
            [
                'is_name_broken', 'is_price_broken',
                'squeezed_name', 'aisle_id', 'department_id', 'price', 'unpriced_text',
            ],
        ) }} as row_status

    from numbered

)

select * from screened
