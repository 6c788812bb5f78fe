{{ config(materialized='table') }}

with

products as (

    select
        product_id,
        department_id,
        {{ label('price_range', 'price') }} as price_range,
        aisle_id

    from {{ ref('int_products_repaired') }}

),

numbered as (

    select
        product_id,
        department_id,
        price_range,
        aisle_id,
        dense_rank() over (order by department_id) - 1 as department_position,
        dense_rank() over (order by price_range) - 1 as price_range_position,
        dense_rank() over (order by aisle_id) - 1 as aisle_position

    from products

),

placed as (

    select
        product_id,
        department_id,
        price_range,
        aisle_id,
        {{ bits_of('department', 'department_position') }},
        {{ bits_of('price_range', 'price_range_position') }},
        {{ bits_of('aisle', 'aisle_position') }}

    from numbered

)

select * from placed
