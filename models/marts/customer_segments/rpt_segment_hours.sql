with

hours_of_day as (

    select * from {{ ref('hours_of_day') }}

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

counted as (
    {{ summed_by_segment(
        'customer_hours',
        ['order_count', 'order_product_count'],
        'customer_combinations',
        'combination_segments',
        key='hour_of_day',
    ) }}
),

segments as (

    select
        segment_type,
        segment

    from counted

    group by
        segment_type,
        segment

),

-- All hours are listed for all segments, with 0 where there are no orders.
filled as (

    select
        segments.segment_type,
        segments.segment,
        hours_of_day.hour_of_day,
        coalesce(counted.customer_count, 0) as customer_count,
        cast(coalesce(counted.order_count, 0) as bigint) as order_count,
        cast(coalesce(counted.order_product_count, 0) as bigint) as order_product_count

    from segments

    cross join hours_of_day

    left join counted
        on
            segments.segment_type = counted.segment_type
            and segments.segment = counted.segment
            and hours_of_day.hour_of_day = counted.hour_of_day

),

measured as (

    select
        segment_type,
        segment,
        hour_of_day,
        customer_count,
        order_count,
        order_product_count,
        {{ share('order_count', per=['segment_type', 'segment']) }} as share_of_segment

    from filled

)

select * from measured
