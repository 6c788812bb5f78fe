{{ config(materialized='table') }}

with

order_products as (

    select * from {{ ref('int_order_products_enriched') }}

    where is_analysed

),

customer_products as (

    select * from {{ ref('int_customer_products_aggregated') }}

),

products as (

    select
        product_id,
        {{ label('price_range', 'price') }} as price_range

    from {{ ref('int_products_repaired') }}

),

-- Grouped before they are counted: an order with two products of a range is one order.
orders_of_price_ranges as (

    select
        order_products.order_id,
        products.price_range

    from order_products

    inner join products
        on order_products.product_id = products.product_id

    group by
        order_products.order_id,
        products.price_range

),

orders_counted as (

    select
        price_range,
        count(*) as order_count

    from orders_of_price_ranges

    group by price_range

),

customers_of_price_ranges as (

    select
        customer_products.customer_id,
        products.price_range

    from customer_products

    inner join products
        on customer_products.product_id = products.product_id

    group by
        customer_products.customer_id,
        products.price_range

),

customers_counted as (

    select
        price_range,
        count(*) as customer_count

    from customers_of_price_ranges

    group by price_range

),

counted as (

    select
        orders_counted.price_range,
        customers_counted.customer_count,
        orders_counted.order_count

    from orders_counted

    inner join customers_counted
        on orders_counted.price_range = customers_counted.price_range

)

select * from counted
