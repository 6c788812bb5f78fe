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

orders_counted as (
    {{ counted_by_group('order_products', 'order_id', 'aisle_id', 'order_count') }}
),

customers_counted as (
    {{ counted_by_group(
        'customer_products', 'customer_id', 'aisle_id', 'customer_count'
    ) }}
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
