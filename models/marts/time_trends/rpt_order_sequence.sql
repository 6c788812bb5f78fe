with

customers as (

    select * from {{ ref('dim_customers') }}

    where order_count > 0

),

placed_orders as (

    select * from {{ ref('fct_orders') }}

),

orders as (

    select * from placed_orders

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

placed_counted as (

    select
        order_number,
        count(*) as order_count

    from placed_orders

    group by order_number

),

placed_customers as (

    select
        customer_id,
        max(order_number) as last_order_number

    from placed_orders

    group by customer_id

),

last_placed_orders as (

    select
        last_order_number as order_number,
        count(*) as customer_count

    from placed_customers

    group by last_order_number

),

placed as (

    select
        placed_counted.order_number,
        placed_counted.order_count as placed_order_count,
        sum(coalesce(last_placed_orders.customer_count, 0)) over (
            order by placed_counted.order_number desc
            rows between unbounded preceding and current row
        ) as placed_customer_count,
        sum(last_placed_orders.customer_count) over () as all_placed_customers

    from placed_counted

    left join last_placed_orders
        on placed_counted.order_number = last_placed_orders.order_number

),

joined as (

    select
        reached.*,
        placed.placed_order_count,
        placed.placed_customer_count,
        placed.all_placed_customers

    from reached

    inner join placed
        on reached.order_number = placed.order_number

),

measured as (

    select
        order_number,
        cast(customer_count as bigint) as customer_count,
        {{ ratio('customer_count', 'all_customers') }} as retention_rate,
        cast(placed_customer_count as bigint) as placed_customer_count,
        {{ ratio('placed_customer_count', 'all_placed_customers') }}
            as placed_retention_rate,
        placed_order_count,
        order_count,
        cast(order_product_count as bigint) as order_product_count,
        {{ ratio('order_product_count', 'order_count') }} as products_per_order,
        {{ ratio('revenue', 'order_count') }} as avg_order_total,
        cast(avg_days_since_prior_order as double) as avg_days_since_prior_order,
        {{ ratio('reordered_product_count', 'order_product_count') }} as reorder_rate

    from joined

)

select * from measured
