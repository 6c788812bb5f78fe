with

customers as (

    select * from {{ ref('dim_customers') }}

    where order_count > 0

),

lifecycles as (

    select * from {{ ref('int_customer_lifecycles') }}

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

stages as (
    {% for stage in lifecycle_stages() %}

    select
        '{{ stage }}' as lifecycle_stage,
        cast({{ loop.index }} as integer) as stage_number
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

-- As decimals, whose sum doesn't depend on the order of the rows, unlike doubles.
joined as (

    select
        customers.*,
        cast({{ comparable('lifecycles.usual_gap_days') }} as decimal(18, 9))
            as usual_gap_days,
        cast({{ comparable('lifecycles.recent_gap_days') }} as decimal(18, 9))
            as recent_gap_days,
        lifecycles.last_gap_days,
        cast({{ rounded('customers.avg_order_total', 6) }} as decimal(18, 6))
            as usual_order_total

    from customers

    inner join lifecycles
        on customers.customer_id = lifecycles.customer_id

),

counted as (

    select
        lifecycle_stage,
        count(*) as customer_count,
        sum(order_count) as order_count,
        sum(order_product_count) as order_product_count,
        sum(total_spend) as revenue,
        -- Each customer counts once, whatever the number of orders.
        median(median_days_between_orders) as median_days_between_orders,
        {{ ratio('sum(usual_gap_days)', 'count(usual_gap_days)') }}
            as mean_usual_gap_days,
        {{ ratio('sum(recent_gap_days)', 'count(recent_gap_days)') }}
            as mean_recent_gap_days,
        {{ ratio('sum(last_gap_days)', 'count(last_gap_days)') }}
            as mean_last_gap_days,
        sum(usual_order_total) as revenue_of_one_order_each

    from joined

    group by lifecycle_stage

),

-- All stages are listed, with 0 where there is nobody.
filled as (

    select
        stages.lifecycle_stage,
        stages.stage_number,
        coalesce(counted.customer_count, 0) as customer_count,
        cast(coalesce(counted.order_count, 0) as bigint) as order_count,
        cast(coalesce(counted.order_product_count, 0) as bigint) as order_product_count,
        cast({{ spend('counted.revenue', 'prices.has_prices') }} as decimal(18, 2))
            as revenue,
        cast(counted.median_days_between_orders as double)
            as median_days_between_orders,
        counted.mean_usual_gap_days,
        counted.mean_recent_gap_days,
        counted.mean_last_gap_days,
        cast(
            {{ spend('counted.revenue_of_one_order_each', 'prices.has_prices') }}
            as decimal(18, 2)
        ) as revenue_of_one_order_each

    from stages

    left join counted
        on stages.lifecycle_stage = counted.lifecycle_stage

    cross join prices

),

measured as (

    select
        lifecycle_stage,
        stage_number,
        customer_count,
        {{ share('customer_count') }} as customer_share,
        order_count,
        {{ share('order_count') }} as order_share,
        order_product_count,
        {{ share('order_product_count') }} as order_product_share,
        revenue,
        {{ share('revenue') }} as revenue_share,
        {{ ratio('order_count', 'customer_count') }} as orders_per_customer,
        {{ ratio('revenue', 'order_count') }} as avg_order_total,
        median_days_between_orders,
        mean_usual_gap_days,
        mean_recent_gap_days,
        mean_last_gap_days,
        revenue_of_one_order_each

    from filled

)

select * from measured
