{{ config(materialized='table') }}

with

baskets as (

    select * from {{ ref('int_baskets_aggregated') }}

    where is_analysed

),

price_ranges as (

    select * from {{ ref('int_price_range_bitmasks') }}

),

customers as (

    select
        baskets.customer_id,
        {{ bitmask_union('price_range', 'baskets') }}

    from baskets

    group by baskets.customer_id

),

orders_counted as (
    {{ counted_by_group(
        'baskets', 'price_ranges', 'price_range', 'price_range', 'order_count'
    ) }}
),

customers_counted as (
    {{ counted_by_group(
        'customers', 'price_ranges', 'price_range', 'price_range', 'customer_count'
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
