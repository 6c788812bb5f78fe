with

products as (

    select * from {{ ref('int_products') }}

),

described as (

    select count(price) > 0 as has_prices from products

)

select * from described
