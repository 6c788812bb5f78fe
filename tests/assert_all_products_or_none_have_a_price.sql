-- One valid price in the catalogue is enough to give every product one.
with

products as (

    select * from {{ ref('dim_products') }}

),

priced as (

    select
        count(*) as product_count,
        count(price) as priced_count,
        count(listed_price) as listed_count

    from products

)

select
    product_count,
    priced_count,
    {{ sentence(
        'marts.dim_products',
        'a price for all products if any is listed with one, else for none',
        "priced_count, ' of ', product_count, ' with a price, where ', "
        ~ "listed_count, ' are listed with one'",
        project_fault('from marts.dim_products where price is null'),
    ) }} as message

from priced

where priced_count <> case when listed_count > 0 then product_count else 0 end
