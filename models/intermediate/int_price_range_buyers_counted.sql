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

orders_counted as (
    {{ counted_by_group('order_products', 'order_id', 'price_range', 'order_count') }}
),

customers_counted as (
    {{ counted_by_group(
        'customer_products', 'customer_id', 'price_range', 'customer_count'
    ) }}
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
