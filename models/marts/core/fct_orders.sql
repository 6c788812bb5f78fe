with

orders as (

    select * from {{ ref('int_orders') }}

),

order_products as (

    select * from {{ ref('int_order_products_enriched') }}

),

ranked_days as (

    select * from {{ ref('int_days_of_week_ranked') }}

),

ranked_hours as (

    select * from {{ ref('int_hours_of_day_ranked') }}

),

catalogue as (

    select * from {{ ref('int_catalogue') }}

),

baskets as (

    select
        order_id,
        count(*) as product_count,
        count(*) filter (where is_reordered) as reordered_product_count,
        sum(price) as order_total

    from order_products

    group by order_id

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
        {{ spend('baskets.order_total', 'catalogue.has_prices') }} as order_total,
        ranked_days.order_rank as day_rank,
        ranked_hours.order_rank as hour_rank

    from orders

    inner join ranked_days
        on orders.day_of_week = ranked_days.day_of_week

    inner join ranked_hours
        on orders.hour_of_day = ranked_hours.hour_of_day

    left join baskets
        on orders.order_id = baskets.order_id

    cross join catalogue

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
        cast(product_count as integer) as product_count,
        cast(reordered_product_count as integer) as reordered_product_count,
        cast(order_total as decimal(10, 2)) as order_total,
        {{ label('cart_size', 'product_count') }} as cart_size,
        {{ label('busiest_day', 'day_rank') }} as busiest_day,
        {{ label('busiest_days', 'day_rank') }} as busiest_days,
        {{ label('busiest_period_of_day', 'hour_rank') }} as busiest_period_of_day

    from measured

)

select * from labelled
