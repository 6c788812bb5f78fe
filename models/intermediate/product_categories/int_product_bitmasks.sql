{{ config(materialized='table') }}

with

products as (

    select * from {{ ref('int_products') }}

),

departments as (

    select * from {{ ref('int_department_bitmasks') }}

),

price_ranges as (

    select * from {{ ref('int_price_range_bitmasks') }}

),

aisles as (

    select * from {{ ref('int_aisle_bitmasks') }}

),

-- Left joins: departments and aisles beyond the bits have none, which is null.
joined as (

    select
        products.product_id,
        {{ bitmask_columns('department') | join(', ') }},
        {{ bitmask_columns('price_range') | join(', ') }},
        {{ bitmask_columns('aisle') | join(', ') }}

    from products

    left join departments
        on products.department_id = departments.department_id

    inner join price_ranges
        on products.price_range = price_ranges.price_range

    left join aisles
        on products.aisle_id = aisles.aisle_id

)

select * from joined
