-- No product is in an order twice. One number per row groups faster than two.
with

order_products as (

    select * from {{ ref('fct_order_products') }}

)

select {{ order_product_key() }} as order_product_key

from order_products

group by order_product_key

having count(*) > 1
