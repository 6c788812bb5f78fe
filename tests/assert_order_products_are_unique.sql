-- No product is in an order twice. One number per row groups faster than two.
with

order_products as (

    select * from {{ ref('fct_order_products') }}

)

select
    {{ order_product_key() }} as order_product_key,
    {{ sentence(
        'marts.fct_order_products',
        'each product once in an order',
        "count(*) over (), ' of them more than once, such as product ', "
        ~ "min(product_id), ' in order ', min(order_id)",
        project_fault(
            'select order_id, product_id, count(*) as row_count'
            ~ ' from marts.fct_order_products group by all having row_count > 1'
        ),
    ) }} as message

from order_products

group by order_product_key

having count(*) > 1
