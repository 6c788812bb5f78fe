{{ config(materialized='table') }}
{{- check_lifecycle_vars() }}

{%- set recent = var('recent_gaps') %}
{%- set earlier = '(gap_count - ' ~ recent ~ ')' %}
{%- set is_enough = 'gap_count >= ' ~ var('min_lifecycle_gaps') %}

with

orders as (

    select
        customer_id,
        order_id,
        order_number,
        is_analysed,
        days_since_prior_order,
        is_analysed and days_since_prior_order is not null as is_gap

    from {{ ref('int_orders') }}

),

-- From a customer's last order of any eval set back.
numbered as (

    select
        *,
        cast(row_number() over (
            partition by customer_id
            order by order_number desc, order_id desc
        ) as bigint) as orders_back,
        count(case when is_gap then 1 end) over (
            partition by customer_id
            order by order_number desc, order_id desc
            rows between unbounded preceding and current row
        ) as gaps_back

    from orders

),

summed as (

    select
        customer_id,
        count(*) filter (where is_gap) as gap_count,
        sum(days_since_prior_order) filter (
            where is_gap and gaps_back <= {{ recent }}
        ) as recent_days,
        sum(days_since_prior_order) filter (
            where is_gap and gaps_back > {{ recent }}
        ) as usual_days,
        sum(days_since_prior_order * days_since_prior_order) filter (where is_gap)
            as squared_days,
        max(days_since_prior_order) filter (where orders_back = 1) as last_gap_days

    from numbered

    group by customer_id

    having bool_or(is_analysed)

),

-- The sum of squares within recent and within earlier gaps, times the numbers of both: whole
-- numbers, so that it is exactly 0 if all are the same.
squared as (

    select
        *,
        squared_days * {{ recent }} * {{ earlier }}
        - recent_days * recent_days * {{ earlier }}
        - usual_days * usual_days * {{ recent }} as scaled_squares_within

    from summed

),

measured as (

    select
        customer_id,
        gap_count,
        case when {{ is_enough }} then {{ ratio('recent_days', recent) }} end
            as recent_gap_days,
        case when {{ is_enough }} then {{ ratio('usual_days', earlier) }} end
            as usual_gap_days,
        -- Of the difference of the two means, from what gaps vary within each.
        case
            when {{ is_enough }}
                then {{ ratio(
                    'sqrt(' ~ ratio('scaled_squares_within * gap_count', 'gap_count - 2')
                    ~ ')',
                    recent ~ ' * ' ~ earlier,
                ) }}
        end as gap_standard_error,
        last_gap_days

    from squared

),

staged as (

    select
        *,
        {{ lifecycle_stage() }} as lifecycle_stage

    from measured

)

select * from staged
