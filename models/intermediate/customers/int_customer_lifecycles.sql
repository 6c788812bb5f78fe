{{ config(materialized='table') }}
{{- check_lifecycle_vars() }}

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
            where is_gap and gaps_back <= {{ var('recent_gaps') }}
        ) as recent_days,
        sum(days_since_prior_order) filter (
            where is_gap and gaps_back > {{ var('recent_gaps') }}
        ) as usual_days,
        max(days_since_prior_order) filter (where orders_back = 1) as last_gap_days

    from numbered

    group by customer_id

    having bool_or(is_analysed)

),

measured as (

    select
        customer_id,
        gap_count,
        case
            when gap_count >= {{ var('min_lifecycle_gaps') }}
                then {{ ratio('recent_days', var('recent_gaps')) }}
        end as recent_gap_days,
        case
            when gap_count >= {{ var('min_lifecycle_gaps') }}
                then {{ ratio('usual_days', 'gap_count - ' ~ var('recent_gaps')) }}
        end as usual_gap_days,
        last_gap_days

    from summed

),

-- Of two gaps of no days, none is larger.
staged as (

    select
        *,
        {{ lifecycle_stage() }} as lifecycle_stage

    from measured

)

select * from staged
