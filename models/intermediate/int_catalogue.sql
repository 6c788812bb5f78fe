with

products as (

    select * from {{ ref('int_products_repaired') }}

),

described as (

    select
        count(*) as product_count,
        count(price) > 0 as has_prices

    from products

)

select * from described
