with

checked_orders as (

    select * from {{ ref('base_instacart__orders') }}

),

accepted as (

    select
        order_id,
        customer_id,
        eval_set,
        order_number,
        day_of_week,
        hour_of_day,
        days_since_prior_order,
        file_number,
        raw_row

    from checked_orders

    where rejection_reason is null

)

select * from accepted
