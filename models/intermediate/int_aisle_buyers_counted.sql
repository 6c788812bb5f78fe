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
        aisle_id

    from {{ ref('int_products_repaired') }}

),

-- Grouped before they are counted: an order with two products of an aisle is one order.
orders_of_aisles as (

    select
        order_products.order_id,
        products.aisle_id

    from order_products

    inner join products
        on order_products.product_id = products.product_id

    group by
        order_products.order_id,
        products.aisle_id

),

orders_counted as (

    select
        aisle_id,
        count(*) as order_count

    from orders_of_aisles

    group by aisle_id

),

customers_of_aisles as (

    select
        customer_products.customer_id,
        products.aisle_id

    from customer_products

    inner join products
        on customer_products.product_id = products.product_id

    group by
        customer_products.customer_id,
        products.aisle_id

),

customers_counted as (

    select
        aisle_id,
        count(*) as customer_count

    from customers_of_aisles

    group by aisle_id

),

counted as (

    select
        orders_counted.aisle_id,
        customers_counted.customer_count,
        orders_counted.order_count

    from orders_counted

    inner join customers_counted
        on orders_counted.aisle_id = customers_counted.aisle_id

)

select * from counted
