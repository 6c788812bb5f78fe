{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('orders') }}"
) }}

{%- set is_missing_days = "typed_days in (" ~ var('missing_days') | join(', ') ~ ")" %}

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
        lower({{ to_text('eval_set') }}) as typed_eval_set,
        {{ to_integer('order_number') }} as typed_order_number,
        {{ to_integer('order_dow') }} as typed_day_of_week,
        {{ to_integer('order_hour_of_day') }} as typed_hour_of_day,
        {{ to_integer('days_since_prior_order') }} as typed_days

    from raw_orders

),

-- A first order has no prior one, whatever the file says.
known as (

    select
        *,
        case
            when typed_order_number > 1 and not {{ is_missing_days }} then typed_days
        end as known_days

    from typed

),

checked as (

    select
        -- ids
        typed_order_id as order_id,
        typed_customer_id as customer_id,

        -- text
        typed_eval_set as eval_set,

        -- numerics
        typed_order_number as order_number,
        typed_day_of_week as day_of_week,
        typed_hour_of_day as hour_of_day,
        known_days as days_since_prior_order,

        -- where the row comes from, and whether it can be used
        file_number,
        {{ first_problem([
            integer_problem('order_id', 'typed_order_id', minimum=1),
            integer_problem('user_id', 'typed_customer_id', minimum=1),
            member_problem(
                'eval_set', ['prior', 'train', 'test'], ignore_case=true
            ),
            integer_problem('order_number', 'typed_order_number', minimum=1),
            integer_problem('order_dow', 'typed_day_of_week', minimum=0, maximum=6),
            integer_problem(
                'order_hour_of_day', 'typed_hour_of_day', minimum=0, maximum=23
            ),
            unless(
                'typed_order_number = 1 or ' ~ is_missing_days,
                integer_problem(
                    'days_since_prior_order',
                    'typed_days',
                    minimum=0,
                    maximum=30,
                    required=false,
                ),
            ),
        ]) }} as rejection_reason,
        {{ row_text({
            'order_id': 'typed_order_id',
            'user_id': 'typed_customer_id',
            'eval_set': 'typed_eval_set',
            'order_number': 'typed_order_number',
            'order_dow': 'typed_day_of_week',
            'order_hour_of_day': usual_hour('typed_hour_of_day'),
            'days_since_prior_order': usual_days('known_days'),
        }) }} as raw_row

    from known

)

select * from checked
