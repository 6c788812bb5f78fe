{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('int_orders') }}

),

order_departments as (

    select * from {{ ref('int_order_departments_aggregated') }}

),

customer_products as (

    select * from {{ ref('int_customer_products_aggregated') }}

),

products as (

    select * from {{ ref('int_products_repaired') }}

),

ordered as (

    select
        orders.customer_id,
        order_departments.department_id,
        count(*) as order_count,
        sum(order_departments.order_product_count) as order_product_count,
        sum(order_departments.reordered_product_count) as reordered_product_count,
        sum(order_departments.revenue) as revenue

    from order_departments

    inner join orders
        on order_departments.order_id = orders.order_id

    group by
        orders.customer_id,
        order_departments.department_id

),

-- One row per customer and product: different products are rows to count.
chosen as (

    select
        customer_products.customer_id,
        products.department_id,
        count(*) as distinct_product_count

    from customer_products

    inner join products
        on customer_products.product_id = products.product_id

    group by
        customer_products.customer_id,
        products.department_id

),

aggregated as (

    select
        ordered.customer_id,
        ordered.department_id,
        ordered.order_count,
        chosen.distinct_product_count,
        cast(ordered.order_product_count as bigint) as order_product_count,
        cast(ordered.reordered_product_count as bigint) as reordered_product_count,
        cast(ordered.revenue as decimal(18, 2)) as revenue

    from ordered

    inner join chosen
        on
            ordered.customer_id = chosen.customer_id
            and ordered.department_id = chosen.department_id

)

select * from aggregated
