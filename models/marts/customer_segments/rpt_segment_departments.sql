{%- set of_all = 'over (partition by segment_type, department_id)' -%}

with

-- Terms of the standard error: a customer's order products in a department, x, and in
-- all departments, n.
customers as (

    select
        *,
        order_product_count * order_product_count as squared_count

    from {{ ref('dim_customers') }}

),

departments as (

    select * from {{ ref('dim_departments') }}

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

customer_combinations as (

    select * from {{ ref('int_customer_segment_combinations') }}

),

combination_segments as (

    select * from {{ ref('int_combination_segments') }}

),

customer_departments as (

    select * from {{ ref('int_customer_departments_aggregated') }}

),

customer_products as (

    select
        customer_departments.*,
        customer_departments.order_product_count
        * customer_departments.order_product_count as squared_count,
        customer_departments.order_product_count
        * customers.order_product_count as crossed_count

    from customer_departments

    inner join customers
        on customer_departments.customer_id = customers.customer_id

),

segments as (
    {{ summed_by_segment(
        'customers', ['squared_count'], 'customer_combinations', 'combination_segments'
    ) }}
),

sold as (
    {{ summed_by_segment(
        'customer_products',
        [
            'order_count', 'order_product_count', 'reordered_product_count', 'revenue',
            'squared_count', 'crossed_count',
        ],
        'customer_combinations',
        'combination_segments',
        key='department_id',
    ) }}
),

-- All departments are listed for all segments, with 0 where nothing was sold.
filled as (

    select
        segments.segment_type,
        segments.segment,
        departments.department_id,
        departments.department,
        segments.customer_count as segment_customer_count,
        coalesce(sold.customer_count, 0) as customer_count,
        cast(coalesce(sold.order_count, 0) as bigint) as order_count,
        cast(coalesce(sold.order_product_count, 0) as bigint) as order_product_count,
        sold.reordered_product_count,
        coalesce(sold.squared_count, 0) as squared_count,
        coalesce(sold.crossed_count, 0) as crossed_count,
        segments.squared_count as segment_squared_count,
        cast({{ spend('sold.revenue', 'prices.has_prices') }} as decimal(18, 2))
            as revenue

    from segments

    cross join departments

    cross join prices

    left join sold
        on
            segments.segment_type = sold.segment_type
            and segments.segment = sold.segment
            and departments.department_id = sold.department_id

),

-- Every customer is in one segment of each type, so a type's sums are those of all.
shared as (

    select
        *,
        {{ share('order_product_count', per=['segment_type', 'segment']) }}
            as share_of_segment,
        {{ ratio(
            'sum(order_product_count) over (partition by segment_type, department_id)',
            'sum(order_product_count) over (partition by segment_type)',
        ) }} as overall_share,
        {{ ratio_standard_error(
            'sum(order_product_count) ' ~ of_all,
            'sum(order_product_count) over (partition by segment_type)',
            'sum(squared_count) ' ~ of_all,
            'sum(crossed_count) ' ~ of_all,
            'sum(segment_squared_count) ' ~ of_all,
        ) }} as overall_error,
        sum(order_product_count) over (partition by segment_type) as overall_count,
        sum(order_product_count) over (partition by segment_type, segment)
            as all_bought_count

    from filled

),

measured as (

    select
        segment_type,
        segment,
        segment_customer_count,
        department_id,
        department,
        customer_count,
        order_count,
        order_product_count,
        share_of_segment,
        {{ share_standard_error(
            'order_product_count', 'all_bought_count', 'squared_count',
            'crossed_count', 'segment_squared_count',
            'overall_error', 'overall_count',
        ) }} as share_standard_error,
        overall_share,
        {{ ratio('share_of_segment', 'overall_share') }} as affinity_index,
        revenue,
        {{ ratio('order_product_count', 'segment_customer_count') }}
            as order_products_per_customer,
        {{ ratio('reordered_product_count', 'order_product_count') }} as reorder_rate,
        {{ is_large_part(
            'sum(order_product_count) over (partition by segment_type, department_id)',
            'sum(order_product_count) over (partition by segment_type)',
        ) }} as is_frequent_department

    from shared

),

-- Segments may be made of who buys nothing of a department, which is then no finding.
known as (

    select
        *,
        case when order_product_count > 0 then nullif(share_standard_error, 0) end
            as verdict_error

    from measured

),

judged as (

    select
        *,
        coalesce(
            {{ has_enough_customers('segment_customer_count') }}
            and share_standard_error > 0
            and {{ is_beyond_chance(
                'share_of_segment - overall_share', 'share_standard_error'
            ) }},
            false
        ) as is_favoured,
        {{ detectable_difference('verdict_error') }}
            as detectable_difference,
        {{ difference_verdict(
            '(share_of_segment - overall_share)',
            'verdict_error',
            share_var('min_share_difference'),
            'segment_customer_count',
        ) }} as verdict

    from known

),

concluded as (

    select
        segment_type,
        segment,
        department_id,
        department,
        customer_count,
        order_count,
        order_product_count,
        share_of_segment,
        share_standard_error,
        overall_share,
        affinity_index,
        revenue,
        order_products_per_customer,
        reorder_rate,
        detectable_difference,
        verdict,
        is_favoured,
        is_favoured
        and {{ comparable('share_of_segment - overall_share') }}
        >= {{ share_var('min_share_difference') }} as is_worth_targeting,
        is_frequent_department

    from judged

)

select * from concluded
