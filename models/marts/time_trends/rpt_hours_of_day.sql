with

ranked_hours as (

    select * from {{ ref('int_hours_of_day_ranked') }}

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

customer_hours as (

    select * from {{ ref('int_customer_hours_aggregated') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

customers_counted as (

    select
        hour_of_day,
        count(*) as customer_count

    from customer_hours

    group by hour_of_day

),

orders_counted as (

    select
        hour_of_day,
        count(*) as order_count,
        sum(product_count) as order_product_count,
        sum(order_total) as revenue

    from orders

    group by hour_of_day

),

-- An hour without orders has 0.
filled as (

    select
        ranked_hours.hour_of_day,
        ranked_hours.order_rank,
        coalesce(customers_counted.customer_count, 0) as customer_count,
        coalesce(orders_counted.order_count, 0) as order_count,
        cast(coalesce(orders_counted.order_product_count, 0) as bigint)
            as order_product_count,
        cast(
            {{ spend('orders_counted.revenue', 'prices.has_prices') }}
            as decimal(18, 2)
        ) as revenue

    from ranked_hours

    cross join prices

    left join customers_counted
        on ranked_hours.hour_of_day = customers_counted.hour_of_day

    left join orders_counted
        on ranked_hours.hour_of_day = orders_counted.hour_of_day

),

totalled as (

    select
        *,
        count(*) over () as all_hours,
        cast(sum(order_count) over () as decimal(12, 0)) as all_orders,
        cast(sum(revenue) over () as decimal(18, 2)) as all_revenue

    from filled

),

-- Products are compared, not quotients, so that an hour at the mean is exactly at it.
compared as (

    select
        *,
        order_count > 0 and order_count * all_hours >= all_orders as is_high_traffic,
        case
            when all_revenue is null then null
            when order_count = 0 then false
            else
                revenue * all_orders
                >= all_revenue * cast(order_count as decimal(12, 0))
        end as is_high_value

    from totalled

),

measured as (

    select
        hour_of_day,
        customer_count,
        order_count,
        {{ share('order_count') }} as order_share,
        order_rank,
        {{ label('busiest_period_of_day', 'order_rank') }} as busiest_period_of_day,
        {{ label('shopping_time_segment', 'hour_of_day') }} as shopping_time_segment,
        order_product_count,
        {{ ratio('order_product_count', 'order_count') }} as products_per_order,
        revenue,
        {{ ratio('revenue', 'order_count') }} as avg_order_total,
        {{ ratio('revenue', 'order_product_count') }} as avg_product_price,
        is_high_traffic,
        is_high_value,
        case
            when is_high_value is null then '{{ var("unknown_label") }}'
            when is_high_traffic and is_high_value
                then '{{ var("phenomenon")["high_traffic_and_value"] }}'
            when is_high_traffic then '{{ var("phenomenon")["high_traffic"] }}'
            when is_high_value then '{{ var("phenomenon")["high_value"] }}'
            else '{{ var("phenomenon")["neither"] }}'
        end as phenomenon

    from compared

),

judged as (

    select
        *,
        {{ is_large_part('order_count', 'sum(order_count) over ()') }}
            as has_enough_orders,
        {{ comparable(
            'abs(' ~ ratio(
                'avg_product_price',
                ratio('sum(revenue) over ()', 'sum(order_product_count) over ()'),
            ) ~ ' - 1)'
        ) }} <= {{ share_var('usual_price_deviation') }} as is_usual_price

    from measured

)

select * from judged
