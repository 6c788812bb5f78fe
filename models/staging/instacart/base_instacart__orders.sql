{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('orders') }}"
) }}

{#- What usual_hour and usual_days write: comparing is cheaper than a regular expression. -#}
{%- set usual_hours = [] %}
{%- for hour in range(24) %}{% do usual_hours.append('%02d' % hour) %}{% endfor %}
{%- set usual_days = [] %}
{%- for days in range(31) %}{% do usual_days.append(days ~ '.0') %}{% endfor %}
{%- set is_missing_days = "typed_days in (" ~ var('missing_days') | join(', ') ~ ")" %}

with

raw_orders as (

    select * from {{ source('instacart', 'orders') }}

),

-- Almost every number is written as usual, and its text need not be looked at again.
canonical as (

    select
        *,
        {{ canonical_integer('order_id') }} as canonical_order_id,
        {{ canonical_integer('user_id') }} as canonical_customer_id,
        {{ canonical_integer('order_number') }} as canonical_order_number,
        {{ canonical_integer('order_dow') }} as canonical_day_of_week,
        {{ listed_integer('order_hour_of_day', usual_hours) }} as canonical_hour_of_day,
        {{ listed_integer('days_since_prior_order', usual_days) }} as canonical_days

    from raw_orders

),

typed as (

    select
        *,
        coalesce(canonical_order_id, {{ other_integer('order_id') }}) as typed_order_id,
        coalesce(canonical_customer_id, {{ other_integer('user_id') }})
            as typed_customer_id,
        case
            when eval_set in ('prior', 'train', 'test') then eval_set
            else {{ lower_case(to_text('eval_set')) }}
        end as typed_eval_set,
        coalesce(canonical_order_number, {{ other_integer('order_number') }})
            as typed_order_number,
        coalesce(canonical_day_of_week, {{ other_integer('order_dow') }})
            as typed_day_of_week,
        coalesce(canonical_hour_of_day, {{ other_integer('order_hour_of_day') }})
            as typed_hour_of_day,
        coalesce(canonical_days, {{ other_integer('days_since_prior_order') }})
            as typed_days

    from canonical

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

        -- text; another word may be a name of a customer, whose row went astray
        case when typed_eval_set in ('prior', 'train', 'test') then typed_eval_set end
            as eval_set,

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
                'eval_set', ['prior', 'train', 'test'], text='typed_eval_set'
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
        case
            when
                rejection_reason is null
                and canonical_order_id is not null
                and canonical_customer_id is not null
                and eval_set = typed_eval_set
                and canonical_order_number is not null
                and canonical_day_of_week is not null
                and canonical_hour_of_day is not null
                and coalesce(
                    known_days = canonical_days,
                    coalesce(days_since_prior_order, '') = ''
                )
                then null
            else {{ raw_row([
                'order_id', 'user_id', 'eval_set', 'order_number', 'order_dow',
                'order_hour_of_day', 'days_since_prior_order',
            ]) }}
        end as raw_row

    from known

)

select * from checked
