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

-- By customer first, whose orders are alike; in cents, whose squares add up exactly.
customers_summed as (

    select
        customer_id,
        hour_of_day,
        count(*) as order_count,
        sum(product_count) as order_product_count,
        sum(order_total) as revenue,
        cast(100 * sum(order_total) as bigint) as cents

    from orders

    group by
        customer_id,
        hour_of_day

),

orders_counted as (

    select
        hour_of_day,
        cast(sum(order_count) as bigint) as order_count,
        sum(order_product_count) as order_product_count,
        sum(revenue) as revenue,
        sum(order_count * order_count) as squared_order_count,
        sum(order_product_count * order_product_count) as squared_product_count,
        sum(cents * cents) as squared_cents,
        sum(cents * order_count) as cents_by_orders,
        sum(cents * order_product_count) as cents_by_products

    from customers_summed

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
        ) as revenue,
        orders_counted.squared_order_count,
        orders_counted.squared_product_count,
        orders_counted.squared_cents,
        orders_counted.cents_by_orders,
        orders_counted.cents_by_products

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
        sum(order_product_count) over () as all_order_products,
        cast(sum(revenue) over () as decimal(18, 2)) as all_revenue

    from filled

),

-- Of each hour and of all of them.
averaged as (

    select
        *,
        {{ ratio('all_revenue', 'all_orders') }} as overall_order_total,
        {{ ratio('all_revenue', 'all_order_products') }} as overall_product_price,
        {{ ratio('revenue', 'order_count') }} as avg_order_total,
        {{ ratio('revenue', 'order_product_count') }} as avg_product_price,
        {{ ratio_standard_error(
            '100 * revenue', 'order_count', 'squared_cents', 'cents_by_orders',
            'squared_order_count',
        ) }} as order_total_error_in_cents,
        {{ ratio_standard_error(
            '100 * revenue', 'order_product_count', 'squared_cents',
            'cents_by_products', 'squared_product_count',
        ) }} as price_error_in_cents

    from totalled

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

    from averaged

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
        avg_order_total,
        avg_product_price,
        {{ ratio('avg_order_total', 'overall_order_total') }} - 1
            as order_total_difference,
        {{ ratio('order_total_error_in_cents', '100 * overall_order_total') }}
            as order_total_error,
        {{ ratio('avg_product_price', 'overall_product_price') }} - 1
            as price_difference,
        {{ ratio('price_error_in_cents', '100 * overall_product_price') }}
            as price_error,
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
        hour_of_day,
        customer_count,
        order_count,
        order_share,
        order_rank,
        busiest_period_of_day,
        shopping_time_segment,
        order_product_count,
        products_per_order,
        revenue,
        avg_order_total,
        avg_product_price,
        is_high_traffic,
        is_high_value,
        phenomenon,
        {{ is_large_part('order_count', 'sum(order_count) over ()') }}
            as has_enough_orders,
        {{ comparable('abs(price_difference)') }}
        <= {{ share_var('usual_price_deviation') }} as is_usual_price,
        {{ detectable_difference('nullif(order_total_error, 0)') }}
            as detectable_order_total_difference,
        {{ difference_verdict(
            'order_total_difference',
            'nullif(order_total_error, 0)',
            share_var('usual_price_deviation'),
            'customer_count',
        ) }} as order_total_verdict,
        {{ detectable_difference('nullif(price_error, 0)') }}
            as detectable_price_difference,
        {{ difference_verdict(
            'price_difference',
            'nullif(price_error, 0)',
            share_var('usual_price_deviation'),
            'customer_count',
        ) }} as price_verdict

    from measured

)

select * from judged
