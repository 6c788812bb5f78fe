with

customers as (

    select * from {{ ref('dim_customers') }}

),

customer_segments as (
    {{ customer_segments('customers') }}
),

segments as (

    select
        segment_type,
        segment

    from customer_segments

    group by
        segment_type,
        segment

),

-- Counted one way round; the other way has the same customers.
counted as (

    select
        segments_a.segment_type as segment_type_a,
        segments_a.segment as segment_a,
        segments_b.segment_type as segment_type_b,
        segments_b.segment as segment_b,
        count(*) as customer_count,
        sum(segments_a.order_count) as order_count,
        sum(segments_a.order_product_count) as order_product_count,
        sum(segments_a.total_spend) as revenue

    from customer_segments as segments_a

    inner join customer_segments as segments_b
        on
            segments_a.customer_id = segments_b.customer_id
            and segments_a.segment_type < segments_b.segment_type

    group by
        segments_a.segment_type,
        segments_a.segment,
        segments_b.segment_type,
        segments_b.segment

),

-- Each pair of segments is listed, also if nobody is in both.
filled as (

    select
        segments_a.segment_type as segment_type_a,
        segments_a.segment as segment_a,
        segments_b.segment_type as segment_type_b,
        segments_b.segment as segment_b,
        coalesce(counted.customer_count, 0) as customer_count,
        cast(coalesce(counted.order_count, 0) as bigint) as order_count,
        cast(coalesce(counted.order_product_count, 0) as bigint) as order_product_count,
        cast(
            {{ spend('counted.revenue', 'sum(counted.revenue) over () is not null') }}
            as decimal(18, 2)
        ) as revenue

    from segments as segments_a

    inner join segments as segments_b
        on segments_a.segment_type < segments_b.segment_type

    left join counted
        on
            segments_a.segment_type = counted.segment_type_a
            and segments_a.segment = counted.segment_a
            and segments_b.segment_type = counted.segment_type_b
            and segments_b.segment = counted.segment_b

),

both_ways as (

    select * from filled

    union all

    select
        segment_type_b as segment_type_a,
        segment_b as segment_a,
        segment_type_a as segment_type_b,
        segment_a as segment_b,
        customer_count,
        order_count,
        order_product_count,
        revenue

    from filled

),

measured as (

    select
        segment_type_a,
        segment_a,
        segment_type_b,
        segment_b,
        customer_count,
        order_count,
        order_product_count,
        revenue,
        {{ share(
            'customer_count', per=['segment_type_a', 'segment_a', 'segment_type_b']
        ) }} as customer_share_of_a

    from both_ways

)

select * from measured
