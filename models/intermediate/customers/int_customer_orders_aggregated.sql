{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('int_orders') }}

),

customer_hours as (

    select * from {{ ref('int_customer_hours_aggregated') }}

),

lifecycles as (

    select * from {{ ref('int_customer_lifecycles') }}

),

-- The lowest hour wins a tie.
most_common_hours as (

    select
        customer_id,
        hour_of_day

    from customer_hours

    qualify
        row_number() over (
            partition by customer_id
            order by order_count desc, hour_of_day asc
        ) = 1

),

measured as (

    select
        customer_id,
        count(*) as total_order_count,
        count(*) filter (where is_analysed) as order_count,
        max(order_number) filter (where is_analysed) as max_order_number,
        median(days_since_prior_order) filter (where is_analysed)
            as median_days_between_orders

    from orders

    group by customer_id

),

aggregated as (

    select
        measured.customer_id,
        measured.total_order_count,
        measured.order_count,
        measured.max_order_number,
        measured.median_days_between_orders,
        most_common_hours.hour_of_day as most_common_hour,
        lifecycles.lifecycle_stage

    from measured

    left join most_common_hours
        on measured.customer_id = most_common_hours.customer_id

    left join lifecycles
        on measured.customer_id = lifecycles.customer_id

)

select * from aggregated
