{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('int_orders') }}

    where is_analysed

),

order_departments as (

    select * from {{ ref('int_order_departments_aggregated') }}

),

baskets as (

    select
        order_id,
        sum(order_product_count) as order_product_count

    from order_departments

    group by order_id

),

aggregated as (

    select
        orders.customer_id,
        orders.hour_of_day,
        count(*) as order_count,
        cast(coalesce(sum(baskets.order_product_count), 0) as bigint)
            as order_product_count

    from orders

    left join baskets
        on orders.order_id = baskets.order_id

    group by
        orders.customer_id,
        orders.hour_of_day

)

select * from aggregated
