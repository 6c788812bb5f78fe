with

ranked_days as (

    select * from {{ ref('int_days_of_week_ranked') }}

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

-- By customer first, so that the customers of a day are rows to count.
customer_days as (

    select
        customer_id,
        day_of_week,
        count(*) as order_count,
        sum(product_count) as order_product_count,
        sum(order_total) as revenue

    from orders

    group by
        customer_id,
        day_of_week

),

counted as (

    select
        day_of_week,
        count(*) as customer_count,
        sum(order_count) as order_count,
        sum(order_product_count) as order_product_count,
        sum(revenue) as revenue

    from customer_days

    group by day_of_week

),

-- A day without orders has 0.
filled as (

    select
        ranked_days.day_of_week,
        ranked_days.day_name,
        ranked_days.order_rank,
        coalesce(counted.customer_count, 0) as customer_count,
        cast(coalesce(counted.order_count, 0) as bigint) as order_count,
        cast(coalesce(counted.order_product_count, 0) as bigint) as order_product_count,
        cast({{ spend('counted.revenue', 'prices.has_prices') }} as decimal(18, 2))
            as revenue

    from ranked_days

    cross join prices

    left join counted
        on ranked_days.day_of_week = counted.day_of_week

),

measured as (

    select
        day_of_week,
        day_name,
        customer_count,
        order_count,
        {{ share('order_count') }} as order_share,
        order_rank,
        {{ label('busiest_day', 'order_rank') }} as busiest_day,
        {{ label('busiest_days', 'order_rank') }} as busiest_days,
        order_product_count,
        {{ ratio('order_product_count', 'order_count') }} as products_per_order,
        revenue,
        {{ ratio('revenue', 'order_count') }} as avg_order_total,
        {{ ratio('revenue', 'order_product_count') }} as avg_product_price

    from filled

)

select * from measured
