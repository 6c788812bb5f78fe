with

customers as (

    select * from {{ ref('dim_customers') }}

    where order_count > 0

),

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

counted as (

    select
        order_number,
        count(*) as order_count,
        sum(product_count) as order_product_count,
        sum(reordered_product_count) as reordered_product_count,
        sum(order_total) as revenue,
        avg(days_since_prior_order) as avg_days_since_prior_order

    from orders

    group by order_number

),

last_orders as (

    select
        max_order_number as order_number,
        count(*) as customer_count

    from customers

    group by max_order_number

),

-- Who got to a later order has reached this one too, even if its row was rejected.
reached as (

    select
        counted.*,
        sum(coalesce(last_orders.customer_count, 0)) over (
            order by counted.order_number desc
            rows between unbounded preceding and current row
        ) as customer_count,
        sum(last_orders.customer_count) over () as all_customers

    from counted

    left join last_orders
        on counted.order_number = last_orders.order_number

),

measured as (

    select
        order_number,
        cast(customer_count as bigint) as customer_count,
        {{ ratio('customer_count', 'all_customers') }} as retention_rate,
        order_count,
        cast(order_product_count as bigint) as order_product_count,
        {{ ratio('order_product_count', 'order_count') }} as products_per_order,
        {{ ratio('revenue', 'order_count') }} as avg_order_total,
        cast(avg_days_since_prior_order as double) as avg_days_since_prior_order,
        {{ ratio('reordered_product_count', 'order_product_count') }} as reorder_rate

    from reached

)

select * from measured
