{{ config(materialized='table') }}

with

baskets as (

    select * from {{ ref('int_baskets_aggregated') }}

    where is_analysed

),

aisles as (

    select * from {{ ref('int_aisle_bitmasks') }}

),

unmasked_aisles as (

    select * from {{ ref('int_order_aisles_unmasked') }}

),

customers as (

    select
        baskets.customer_id,
        {{ bitmask_union('aisle', 'baskets') }}

    from baskets

    group by baskets.customer_id

),

orders_counted as (
    {{ counted_by_group('baskets', 'aisles', 'aisle', 'aisle_id', 'order_count') }}
),

customers_counted as (
    {{ counted_by_group('customers', 'aisles', 'aisle', 'aisle_id', 'customer_count') }}
),

unmasked_customers as (

    select
        aisle_id,
        customer_id,
        count(*) as order_count

    from unmasked_aisles

    group by
        aisle_id,
        customer_id

),

-- Every aisle is in one part only: it has a bit or it has none.
counted as (

    select
        orders_counted.aisle_id,
        customers_counted.customer_count,
        orders_counted.order_count

    from orders_counted

    inner join customers_counted
        on orders_counted.aisle_id = customers_counted.aisle_id

    union all

    select
        aisle_id,
        count(*) as customer_count,
        cast(sum(order_count) as bigint) as order_count

    from unmasked_customers

    group by aisle_id

)

select * from counted
