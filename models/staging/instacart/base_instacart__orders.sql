{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('orders') }}"
) }}

with

raw_orders as (

    select * from {{ source('instacart', 'orders') }}

),

-- A step of its own, so that no text is read a second time to be checked.
typed as (

    select
        *,
        {{ to_integer('order_id') }} as typed_order_id,
        {{ to_integer('user_id') }} as typed_customer_id,
        {{ to_integer('order_number') }} as typed_order_number,
        {{ to_integer('order_dow') }} as typed_day_of_week,
        {{ to_integer('order_hour_of_day') }} as typed_hour_of_day,
        {{ to_integer('days_since_prior_order') }} as typed_days_since_prior_order

    from raw_orders

),

checked as (

    select
        -- ids
        typed_order_id as order_id,
        typed_customer_id as customer_id,

        -- text
        {{ to_text('eval_set') }} as eval_set,

        -- numerics
        typed_order_number as order_number,
        typed_day_of_week as day_of_week,
        typed_hour_of_day as hour_of_day,
        typed_days_since_prior_order as days_since_prior_order,

        -- where the row comes from, and whether it can be used
        file_number,
        {{ first_problem([
            integer_problem('order_id', 'typed_order_id', minimum=1),
            integer_problem('user_id', 'typed_customer_id', minimum=1),
            member_problem('eval_set', ['prior', 'train', 'test']),
            integer_problem('order_number', 'typed_order_number', minimum=1),
            integer_problem('order_dow', 'typed_day_of_week', minimum=0, maximum=6),
            integer_problem(
                'order_hour_of_day', 'typed_hour_of_day', minimum=0, maximum=23
            ),
            integer_problem(
                'days_since_prior_order',
                'typed_days_since_prior_order',
                minimum=0,
                maximum=30,
                required=false,
            ),
        ]) }} as rejection_reason,
        case
            when rejection_reason is not null
                then {{ csv_row([
            'order_id', 'user_id', 'eval_set', 'order_number', 'order_dow',
            'order_hour_of_day', 'days_since_prior_order',
        ]) }}
        end as raw_row

    from typed

)

select * from checked
