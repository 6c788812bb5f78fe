with

customers as (

    select * from {{ ref('dim_customers') }}

),

profiles as (
    {{ profiles('customers') }}
),

customer_profiles as (
    {{ customer_profiles('customers') }}
),

profile_segments as (
    {{ profile_segments() }}
),

segments as (

    select
        segment_type,
        segment

    from profile_segments

    group by
        segment_type,
        segment

),

-- By profile first: pairs of segments are then few rows to add up.
profile_pairs as (

    select
        profiles_a.profile_number as profile_number_a,
        profiles_b.profile_number as profile_number_b,
        count(*) as customer_count,
        sum(customers.order_count) as order_count,
        sum(customers.order_product_count) as order_product_count,
        sum(customers.total_spend) as revenue

    from customer_profiles as profiles_a

    inner join customer_profiles as profiles_b
        on profiles_a.customer_id = profiles_b.customer_id

    inner join customers
        on profiles_a.customer_id = customers.customer_id

    group by
        profiles_a.profile_number,
        profiles_b.profile_number

),

counted as (

    select
        segments_a.segment_type as segment_type_a,
        segments_a.segment as segment_a,
        segments_b.segment_type as segment_type_b,
        segments_b.segment as segment_b,
        sum(profile_pairs.customer_count) as customer_count,
        sum(profile_pairs.order_count) as order_count,
        sum(profile_pairs.order_product_count) as order_product_count,
        sum(profile_pairs.revenue) as revenue

    from profile_pairs

    inner join profile_segments as segments_a
        on profile_pairs.profile_number_a = segments_a.profile_number

    inner join profile_segments as segments_b
        on profile_pairs.profile_number_b = segments_b.profile_number

    where segments_a.segment_type <> segments_b.segment_type

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
        cast(coalesce(counted.customer_count, 0) as bigint) as customer_count,
        cast(coalesce(counted.order_count, 0) as bigint) as order_count,
        cast(coalesce(counted.order_product_count, 0) as bigint) as order_product_count,
        cast(
            {{ spend('counted.revenue', 'sum(counted.revenue) over () is not null') }}
            as decimal(18, 2)
        ) as revenue

    from segments as segments_a

    inner join segments as segments_b
        on segments_a.segment_type <> segments_b.segment_type

    left join counted
        on
            segments_a.segment_type = counted.segment_type_a
            and segments_a.segment = counted.segment_a
            and segments_b.segment_type = counted.segment_type_b
            and segments_b.segment = counted.segment_b

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

    from filled

)

select * from measured
