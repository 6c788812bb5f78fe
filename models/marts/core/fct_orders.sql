with

orders as (

    select * from {{ ref('int_orders') }}

),

baskets as (

    select * from {{ ref('int_baskets_aggregated') }}

),

ranked_days as (

    select * from {{ ref('int_days_of_week_ranked') }}

),

ranked_hours as (

    select * from {{ ref('int_hours_of_day_ranked') }}

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

measured as (

    select
        orders.order_id,
        orders.customer_id,
        orders.eval_set,
        orders.is_analysed,
        orders.order_number,
        orders.day_of_week,
        ranked_days.day_name,
        orders.hour_of_day,
        orders.days_since_prior_order,
        orders.is_first_order,
        coalesce(baskets.product_count, 0) as product_count,
        coalesce(baskets.reordered_product_count, 0) as reordered_product_count,
        {{ spend('baskets.order_total', 'prices.has_prices') }} as order_total,
        ranked_days.order_rank as day_rank,
        ranked_hours.order_rank as hour_rank

    from orders

    inner join ranked_days
        on orders.day_of_week = ranked_days.day_of_week

    inner join ranked_hours
        on orders.hour_of_day = ranked_hours.hour_of_day

    left join baskets
        on orders.order_id = baskets.order_id

    cross join prices

),

labelled as (

    select
        order_id,
        customer_id,
        eval_set,
        is_analysed,
        order_number,
        day_of_week,
        day_name,
        hour_of_day,
        days_since_prior_order,
        is_first_order,
        product_count,
        reordered_product_count,
        cast(order_total as decimal(10, 2)) as order_total,
        {{ label('cart_size', 'product_count') }} as cart_size,
        {{ label('busiest_day', 'day_rank') }} as busiest_day,
        {{ label('busiest_days', 'day_rank') }} as busiest_days,
        {{ label('busiest_period_of_day', 'hour_rank') }} as busiest_period_of_day

    from measured

)

select * from labelled
