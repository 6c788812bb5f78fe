{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('int_orders') }}

    where is_analysed

),

baskets as (

    select * from {{ ref('int_baskets_aggregated') }}

),

aggregated as (

    select
        orders.customer_id,
        orders.hour_of_day,
        count(*) as order_count,
        cast(coalesce(sum(baskets.product_count), 0) as bigint)
            as order_product_count

    from orders

    left join baskets
        on orders.order_id = baskets.order_id

    group by
        orders.customer_id,
        orders.hour_of_day

)

select * from aggregated
