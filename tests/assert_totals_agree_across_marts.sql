-- Orders, order products and dollars are the same whether summed over the facts or over
-- customers.
with

customers as (

    select * from {{ ref('dim_customers') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

order_products as (

    select * from {{ ref('fct_order_products') }}

),

by_customer as (

    select
        sum(total_order_count) as all_orders,
        sum(order_count) as analysed_orders,
        sum(order_product_count) as analysed_order_products,
        coalesce(sum(total_spend), 0) as analysed_revenue

    from customers

),

by_order as (

    select
        count(*) as all_orders,
        count(*) filter (where is_analysed) as analysed_orders,
        coalesce(sum(product_count) filter (where is_analysed), 0)
            as analysed_order_products,
        coalesce(sum(order_total) filter (where is_analysed), 0) as analysed_revenue,
        coalesce(sum(product_count), 0) as all_order_products,
        coalesce(sum(reordered_product_count), 0) as reordered_order_products,
        coalesce(sum(order_total), 0) as revenue

    from orders

),

by_order_product as (

    select
        count(*) as all_order_products,
        count(*) filter (where is_reordered) as reordered_order_products,
        coalesce(sum(price), 0) as revenue

    from order_products

)

select
    by_customer.*,
    by_order.*,
    by_order_product.*,
    {{ sentence(
        'marts.dim_customers, marts.fct_orders and marts.fct_order_products',
        'the same orders, order products and revenue in each',
        "by_customer.all_orders, ' and ', by_order.all_orders, ' orders, ', "
        ~ "by_customer.analysed_order_products, ' and ', "
        ~ "by_order.analysed_order_products, ' analysed order products, ', "
        ~ "by_order.all_order_products, ' and ', "
        ~ "by_order_product.all_order_products, ' order products, revenue of ', "
        ~ "by_customer.analysed_revenue, ' and ', by_order.analysed_revenue, "
        ~ "', of all orders ', by_order.revenue, ' and ', by_order_product.revenue",
        project_fault('from marts.fct_orders'),
    ) }} as message

from by_customer

cross join by_order

cross join by_order_product

where
    by_customer.all_orders <> by_order.all_orders
    or by_customer.analysed_orders <> by_order.analysed_orders
    or by_customer.analysed_order_products <> by_order.analysed_order_products
    or by_customer.analysed_revenue <> by_order.analysed_revenue
    or by_order.all_order_products <> by_order_product.all_order_products
    or by_order.reordered_order_products <> by_order_product.reordered_order_products
    or by_order.revenue <> by_order_product.revenue
