{{ config(materialized='table') }}

with

baskets as (

    select * from {{ ref('int_baskets_aggregated') }}

    where is_analysed

),

orders as (

    select * from {{ ref('int_orders') }}

),

departments as (

    select * from {{ ref('int_department_bitmasks') }}

),

unmasked_departments as (

    select * from {{ ref('int_order_departments_unmasked') }}

),

customer_products as (

    select * from {{ ref('int_customer_products_aggregated') }}

),

products as (

    select * from {{ ref('int_products') }}

),

-- Every department is in one part only: it has a bit or it has none.
ordered as (

    select
        baskets.customer_id,
        departments.department_id,
        count(*) as order_count,
        min(orders.order_number) as first_order_number,
        max(orders.order_number) as last_order_number

    from baskets

    inner join orders
        on baskets.order_id = orders.order_id

    inner join departments
        on {{ bitmasks_overlap('department', 'baskets', 'departments') }}

    group by
        baskets.customer_id,
        departments.department_id

    union all

    select
        unmasked_departments.customer_id,
        unmasked_departments.department_id,
        count(*) as order_count,
        min(orders.order_number) as first_order_number,
        max(orders.order_number) as last_order_number

    from unmasked_departments

    inner join orders
        on unmasked_departments.order_id = orders.order_id

    group by
        unmasked_departments.customer_id,
        unmasked_departments.department_id

),

-- One row per customer and product, so distinct products are rows to count.
bought as (

    select
        customer_products.customer_id,
        products.department_id,
        count(*) as distinct_product_count,
        sum(customer_products.order_product_count) as order_product_count,
        sum(customer_products.reordered_product_count) as reordered_product_count,
        sum(customer_products.order_product_count * products.price) as revenue

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
        ordered.first_order_number,
        ordered.last_order_number,
        bought.distinct_product_count,
        cast(bought.order_product_count as bigint) as order_product_count,
        cast(bought.reordered_product_count as bigint) as reordered_product_count,
        cast(bought.revenue as decimal(18, 2)) as revenue

    from ordered

    inner join bought
        on
            ordered.customer_id = bought.customer_id
            and ordered.department_id = bought.department_id

)

select * from aggregated
