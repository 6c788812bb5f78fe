{%- set of_all = 'over (partition by segment_type, hour_of_day)' -%}

with

hours_of_day as (

    select * from {{ ref('hours_of_day') }}

),

-- Terms of the standard error: a customer's orders in an hour, x, and in all hours, n.
customers as (

    select
        *,
        order_count * order_count as squared_count

    from {{ ref('dim_customers') }}

),

customer_hours as (

    select * from {{ ref('int_customer_hours_aggregated') }}

),

customer_combinations as (

    select * from {{ ref('int_customer_segment_combinations') }}

),

combination_segments as (

    select * from {{ ref('int_combination_segments') }}

),

customer_orders as (

    select
        customer_hours.*,
        customer_hours.order_count * customer_hours.order_count as squared_count,
        customer_hours.order_count * customers.order_count as crossed_count

    from customer_hours

    inner join customers
        on customer_hours.customer_id = customers.customer_id

),

segments as (
    {{ summed_by_segment(
        'customers', ['squared_count'], 'customer_combinations', 'combination_segments'
    ) }}
),

counted as (
    {{ summed_by_segment(
        'customer_orders',
        ['order_count', 'order_product_count', 'squared_count', 'crossed_count'],
        'customer_combinations',
        'combination_segments',
        key='hour_of_day',
    ) }}
),

-- All hours are listed for all segments, with 0 where there are no orders.
filled as (

    select
        segments.segment_type,
        segments.segment,
        hours_of_day.hour_of_day,
        segments.customer_count as segment_customer_count,
        coalesce(counted.customer_count, 0) as customer_count,
        cast(coalesce(counted.order_count, 0) as bigint) as order_count,
        cast(coalesce(counted.order_product_count, 0) as bigint) as order_product_count,
        coalesce(counted.squared_count, 0) as squared_count,
        coalesce(counted.crossed_count, 0) as crossed_count,
        segments.squared_count as segment_squared_count

    from segments

    cross join hours_of_day

    left join counted
        on
            segments.segment_type = counted.segment_type
            and segments.segment = counted.segment
            and hours_of_day.hour_of_day = counted.hour_of_day

),

-- Every customer is in one segment of each type, so a type's sums are those of all.
shared as (

    select
        *,
        {{ share('order_count', per=['segment_type', 'segment']) }} as share_of_segment,
        {{ ratio(
            'sum(order_count) over (partition by segment_type, hour_of_day)',
            'sum(order_count) over (partition by segment_type)',
        ) }} as overall_share,
        {{ ratio_standard_error(
            'sum(order_count) ' ~ of_all,
            'sum(order_count) over (partition by segment_type)',
            'sum(squared_count) ' ~ of_all,
            'sum(crossed_count) ' ~ of_all,
            'sum(segment_squared_count) ' ~ of_all,
        ) }} as overall_error,
        sum(order_count) over (partition by segment_type) as overall_count,
        sum(order_count) over (partition by segment_type, segment) as all_order_count

    from filled

),

measured as (

    select
        *,
        share_of_segment - overall_share as share_difference,
        {{ share_standard_error(
            'order_count', 'all_order_count', 'squared_count', 'crossed_count',
            'segment_squared_count',
            'overall_error', 'overall_count',
        ) }} as share_standard_error

    from shared

),

-- An error of 0 is that of an hour in which nobody orders, or everybody.
judged as (

    select
        segment_type,
        segment,
        hour_of_day,
        customer_count,
        order_count,
        order_product_count,
        share_of_segment,
        overall_share,
        share_difference,
        share_standard_error,
        {{ detectable_difference('nullif(share_standard_error, 0)') }}
            as detectable_difference,
        {{ difference_verdict(
            'share_difference',
            'nullif(share_standard_error, 0)',
            share_var('min_share_difference'),
            'segment_customer_count',
        ) }} as verdict,
        segment_type = 'shopping_time_segment' as is_by_definition

    from measured

)

select * from judged
