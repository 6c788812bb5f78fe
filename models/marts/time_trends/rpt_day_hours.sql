with

days_of_week as (

    select * from {{ ref('days_of_week') }}

),

hours_of_day as (

    select * from {{ ref('hours_of_day') }}

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

customer_slots as (

    select
        customer_id,
        day_of_week,
        hour_of_day,
        count(*) as order_count,
        sum(product_count) as order_product_count,
        sum(order_total) as revenue

    from orders

    group by
        customer_id,
        day_of_week,
        hour_of_day

),

counted as (

    select
        day_of_week,
        hour_of_day,
        count(*) as customer_count,
        sum(order_count) as order_count,
        sum(order_product_count) as order_product_count,
        sum(revenue) as revenue

    from customer_slots

    group by
        day_of_week,
        hour_of_day

),

-- All 168 are listed; one without orders has 0, and is the quietest.
filled as (

    select
        days_of_week.day_of_week,
        days_of_week.day_name,
        hours_of_day.hour_of_day,
        coalesce(counted.customer_count, 0) as customer_count,
        cast(coalesce(counted.order_count, 0) as bigint) as order_count,
        cast(coalesce(counted.order_product_count, 0) as bigint) as order_product_count,
        cast({{ spend('counted.revenue', 'prices.has_prices') }} as decimal(18, 2))
            as revenue

    from days_of_week

    cross join hours_of_day

    cross join prices

    left join counted
        on
            days_of_week.day_of_week = counted.day_of_week
            and hours_of_day.hour_of_day = counted.hour_of_day

),

measured as (

    select
        day_of_week,
        day_name,
        hour_of_day,
        customer_count,
        order_count,
        order_product_count,
        revenue,
        {{ ratio('revenue', 'order_count') }} as avg_order_total,
        cast(
            row_number() over (
                order by order_count asc, day_of_week asc, hour_of_day asc
            )
            as bigint
        ) as ad_window_rank

    from filled

)

select * from measured
