{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('stg_instacart__orders') }}

),

repeated as (

    select * from {{ ref('int_orders_repeated') }}

),

-- Rows whose key is repeated are kept once.
deduplicated as (

    select
        orders.order_id,
        orders.customer_id,
        orders.eval_set,
        orders.order_number,
        orders.day_of_week,
        orders.hour_of_day,
        orders.days_since_prior_order,
        orders.file_number

    from orders

    where orders.order_id not in (select repeated.order_id from repeated)

    union all

    select
        repeated.order_id,
        repeated.customer_id,
        repeated.eval_set,
        repeated.order_number,
        repeated.day_of_week,
        repeated.hour_of_day,
        repeated.days_since_prior_order,
        repeated.file_number

    from repeated

    where repeated.row_status = 'kept'

),

described as (

    select
        order_id,
        customer_id,
        eval_set,
        {{ is_analysed('eval_set') }} as is_analysed,
        order_number,
        day_of_week,
        hour_of_day,
        days_since_prior_order,
        order_number = 1 as is_first_order,
        file_number

    from deduplicated

)

select * from described
