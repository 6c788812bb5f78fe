{{ config(materialized='table') }}

with

products as (

    select * from {{ ref('int_products_screened') }}

    where row_status = 'kept'

),

html_entities as (

    select * from {{ ref('html_entities') }}

),

named_entities as (

    select {{ map_of('entity', 'code_point') }} as code_points

    from html_entities

),

cleaned as (

    select
        products.product_id,
        products.listed_product_id,
        products.product_name_text as listed_name,
        products.aisle_id,
        products.department_id,
        products.price_text,
        products.price as unrounded_price,
        products.file_number,
        {{ clean_name('products.product_name', 'named_entities.code_points') }}
            as clean_name,
        case
            when {{ is_valid_price('products.price') }}
                then cast(cast(products.price as decimal(20, 2)) * 100 as integer)
        end as listed_cents

    from products

    cross join named_entities

),

-- Medians of whole cents: half a cent rounds up. DuckDB's median of decimals would
-- truncate it.
aisle_medians as (

    select
        aisle_id,
        median(listed_cents) as median_cents

    from cleaned

    group by aisle_id

),

department_medians as (

    select
        department_id,
        median(listed_cents) as median_cents

    from cleaned

    group by department_id

),

overall_median as (

    select median(listed_cents) as median_cents from cleaned

),

repaired as (

    select
        cleaned.product_id,
        cleaned.listed_product_id,
        cleaned.listed_name,
        cleaned.aisle_id,
        cleaned.department_id,
        cleaned.price_text,
        cleaned.unrounded_price,
        cleaned.file_number,
        {{ known_name('cleaned.clean_name') }} as known_name,
        cleaned.listed_cents,
        coalesce(
            cleaned.listed_cents,
            round(aisle_medians.median_cents),
            round(department_medians.median_cents),
            round(overall_median.median_cents)
        ) as price_cents

    from cleaned

    left join aisle_medians
        on cleaned.aisle_id = aisle_medians.aisle_id

    left join department_medians
        on cleaned.department_id = department_medians.department_id

    cross join overall_median

),

typed as (

    select
        product_id,
        listed_product_id,
        listed_name,
        coalesce(known_name, concat('Unknown product ', product_id)) as product_name,
        known_name is null as is_product_name_imputed,
        aisle_id,
        department_id,
        price_text,
        unrounded_price,
        cast({{ ratio('price_cents', 100) }} as decimal(10, 2)) as price,
        cast({{ ratio('listed_cents', 100) }} as decimal(10, 2)) as listed_price,
        listed_cents is null and price_cents is not null as is_price_imputed,
        file_number

    from repaired

),

labelled as (

    select
        *,
        {{ label('price_range', 'price') }} as price_range

    from typed

)

select * from labelled
