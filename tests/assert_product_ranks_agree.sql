-- Pairs of products and the report of products rank by the same rule.
with

product_sales as (

    select * from {{ ref('int_product_sales_aggregated') }}

),

products as (

    select * from {{ ref('rpt_products') }}

)

select
    product_sales.product_id,
    product_sales.order_product_rank,
    products.order_product_rank as reported_rank

from product_sales

left join products
    on product_sales.product_id = products.product_id

where product_sales.order_product_rank is distinct from products.order_product_rank
