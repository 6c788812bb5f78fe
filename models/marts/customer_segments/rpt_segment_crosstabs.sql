with

customers as (

    select * from {{ ref('dim_customers') }}

),

customer_combinations as (

    select * from {{ ref('int_customer_segment_combinations') }}

),

combination_segments as (

    select * from {{ ref('int_combination_segments') }}

),

segments as (

    select
        segment_type,
        segment

    from combination_segments

    group by
        segment_type,
        segment

),

-- By combination first: pairs of segments are then few rows to add up.
combination_pairs as (

    select
        combinations_a.combination_number as combination_number_a,
        combinations_b.combination_number as combination_number_b,
        count(*) as customer_count,
        sum(customers.order_count) as order_count,
        sum(customers.order_product_count) as order_product_count,
        sum(customers.total_spend) as revenue

    from customer_combinations as combinations_a

    inner join customer_combinations as combinations_b
        on combinations_a.customer_id = combinations_b.customer_id

    inner join customers
        on combinations_a.customer_id = customers.customer_id

    group by
        combinations_a.combination_number,
        combinations_b.combination_number

),

counted as (

    select
        segments_a.segment_type as segment_type_a,
        segments_a.segment as segment_a,
        segments_b.segment_type as segment_type_b,
        segments_b.segment as segment_b,
        sum(combination_pairs.customer_count) as customer_count,
        sum(combination_pairs.order_count) as order_count,
        sum(combination_pairs.order_product_count) as order_product_count,
        sum(combination_pairs.revenue) as revenue

    from combination_pairs

    inner join combination_segments as segments_a
        on combination_pairs.combination_number_a = segments_a.combination_number

    inner join combination_segments as segments_b
        on combination_pairs.combination_number_b = segments_b.combination_number

    where segments_a.segment_type <> segments_b.segment_type

    group by
        segments_a.segment_type,
        segments_a.segment,
        segments_b.segment_type,
        segments_b.segment

),

-- Each pair of segments is listed, even if nobody is in both.
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

-- Every customer is in one segment of each type.
totalled as (

    select
        *,
        cast(
            sum(customer_count) over (
                partition by segment_type_a, segment_a, segment_type_b
            ) as double
        ) as segment_a_customer_count,
        sum(customer_count) over (
            partition by segment_type_a, segment_type_b, segment_b
        ) as segment_b_customer_count,
        sum(customer_count) over (
            partition by segment_type_a, segment_type_b
        ) as all_customer_count

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
        ) }} as customer_share_of_a,
        {{ ratio(
            'segment_a_customer_count * segment_b_customer_count', 'all_customer_count'
        ) }} as expected_customers,
        segment_a_customer_count

    from totalled

),

-- As shares of the customers in segment_a.
compared as (

    select
        *,
        {{ ratio('customer_count - expected_customers', 'segment_a_customer_count') }}
            as difference,
        {{ ratio('sqrt(expected_customers)', 'segment_a_customer_count') }}
            as standard_error

    from measured

),

judged as (

    select
        segment_type_a,
        segment_a,
        segment_type_b,
        segment_b,
        customer_count,
        order_count,
        order_product_count,
        revenue,
        customer_share_of_a,
        expected_customers,
        {{ ratio('customer_count', 'expected_customers') }} as lift,
        {{ has_enough_customers('customer_count') }} as has_enough_customers,
        {{ has_enough_customers('customer_count') }}
        and {{ is_beyond_chance(
            'customer_count - expected_customers', 'sqrt(expected_customers)'
        ) }} as is_more_than_chance,
        {{ detectable_difference('standard_error') }} as detectable_difference,
        -- Nobody where many are expected is as telling as many where nobody is.
        {{ difference_verdict(
            'difference',
            'standard_error',
            share_var('min_share_difference'),
            'greatest(customer_count, expected_customers)',
        ) }} as verdict

    from compared

)

select * from judged
