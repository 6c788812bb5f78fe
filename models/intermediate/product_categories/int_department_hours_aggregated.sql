{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('int_orders') }}

    where is_analysed

),

order_products as (

    select * from {{ ref('int_order_products') }}

    where is_analysed

),

products as (

    select * from {{ ref('int_products') }}

),

baskets as (

    select * from {{ ref('int_baskets_aggregated') }}

),

departments as (

    select * from {{ ref('int_department_bitmasks') }}

),

unmasked_departments as (

    select * from {{ ref('int_order_departments_unmasked') }}

),

-- A customer's orders of an hour, and what they hold together.
customer_hours as (

    select
        orders.customer_id,
        orders.hour_of_day,
        {{ bitmask_union('department', 'baskets') }}

    from orders

    inner join baskets
        on orders.order_id = baskets.order_id

    group by
        orders.customer_id,
        orders.hour_of_day

),

customers_counted as (

    select
        departments.department_id,
        customer_hours.hour_of_day,
        count(*) as customer_count

    from customer_hours

    inner join departments
        on {{ bitmasks_overlap('department', 'customer_hours', 'departments') }}

    group by
        departments.department_id,
        customer_hours.hour_of_day

),

orders_counted as (

    select
        departments.department_id,
        orders.hour_of_day,
        count(*) as order_count

    from orders

    inner join baskets
        on orders.order_id = baskets.order_id

    inner join departments
        on {{ bitmasks_overlap('department', 'baskets', 'departments') }}

    group by
        departments.department_id,
        orders.hour_of_day

),

unmasked_customer_hours as (

    select
        unmasked_departments.department_id,
        unmasked_departments.customer_id,
        orders.hour_of_day,
        count(*) as order_count

    from unmasked_departments

    inner join orders
        on unmasked_departments.order_id = orders.order_id

    group by
        unmasked_departments.department_id,
        unmasked_departments.customer_id,
        orders.hour_of_day

),

-- Every department is in one part only: it has a bit or it has none.
counted as (

    select
        orders_counted.department_id,
        orders_counted.hour_of_day,
        customers_counted.customer_count,
        orders_counted.order_count

    from orders_counted

    inner join customers_counted
        on
            orders_counted.department_id = customers_counted.department_id
            and orders_counted.hour_of_day = customers_counted.hour_of_day

    union all

    select
        department_id,
        hour_of_day,
        count(*) as customer_count,
        cast(sum(order_count) as bigint) as order_count

    from unmasked_customer_hours

    group by
        department_id,
        hour_of_day

),

sold as (

    select
        products.department_id,
        orders.hour_of_day,
        count(*) as order_product_count,
        cast(sum(order_products.price) as decimal(18, 2)) as revenue

    from order_products

    inner join orders
        on order_products.order_id = orders.order_id

    inner join products
        on order_products.product_id = products.product_id

    group by
        products.department_id,
        orders.hour_of_day

),

joined as (

    select
        sold.department_id,
        sold.hour_of_day,
        counted.customer_count,
        counted.order_count,
        sold.order_product_count,
        sold.revenue

    from sold

    inner join counted
        on
            sold.department_id = counted.department_id
            and sold.hour_of_day = counted.hour_of_day

)

select * from joined
