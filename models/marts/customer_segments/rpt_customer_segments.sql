with

customers as (

    select * from {{ ref('dim_customers') }}

),

customer_segments as (

    select * from {{ ref('int_customer_segments') }}

),

counted as (

    select
        customer_segments.segment_type,
        customer_segments.segment,
        count(*) as customer_count,
        cast(sum(customers.order_count) as bigint) as order_count,
        cast(sum(customers.order_product_count) as bigint) as order_product_count,
        sum(customers.reordered_product_count) as reordered_product_count,
        cast(sum(customers.total_spend) as decimal(18, 2)) as revenue,
        -- Each customer counts once, whatever the number of orders.
        median(customers.median_days_between_orders) as median_days_between_orders

    from customer_segments

    inner join customers
        on customer_segments.customer_id = customers.customer_id

    group by
        customer_segments.segment_type,
        customer_segments.segment

),

measured as (

    select
        segment_type,
        segment,
        customer_count,
        {{ share('customer_count', per=['segment_type']) }} as customer_share,
        order_count,
        {{ share('order_count', per=['segment_type']) }} as order_share,
        order_product_count,
        {{ share('order_product_count', per=['segment_type']) }} as order_product_share,
        revenue,
        {{ share('revenue', per=['segment_type']) }} as revenue_share,
        {{ ratio('order_count', 'customer_count') }} as orders_per_customer,
        {{ ratio('order_product_count', 'order_count') }} as products_per_order,
        {{ ratio('revenue', 'order_count') }} as avg_order_total,
        {{ ratio('revenue', 'order_product_count') }} as avg_product_price,
        median_days_between_orders,
        {{ ratio('reordered_product_count', 'order_product_count') }} as reorder_rate

    from counted

),

judged as (

    select
        *,
        {{ has_enough_customers('customer_count') }} as has_enough_customers,
        {{ is_large_part(
            'customer_count', 'sum(customer_count) over (partition by segment_type)'
        ) }} as is_large

    from measured

)

select * from judged
