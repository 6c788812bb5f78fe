-- What customers bought by department adds up to the report on departments and, but for orders,
-- which hold several departments, to the customers themselves.

with

customer_departments as (

    select * from {{ ref('fct_customer_departments') }}

),

departments as (

    select * from {{ ref('rpt_departments') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

by_department as (

    select
        department_id,
        count(*) as customer_count,
        sum(order_count) as order_count,
        sum(order_product_count) as order_product_count,
        sum(spend) as spend

    from customer_departments

    group by department_id

),

by_customer as (

    select
        customer_id,
        sum(order_product_count) as order_product_count,
        sum(distinct_product_count) as distinct_product_count,
        sum(spend) as spend

    from customer_departments

    group by customer_id

),

compared as (

    select
        'rpt_departments' as mart,
        departments.department_id as id,
        coalesce(by_department.customer_count, 0) - departments.customer_count
            as customers,
        coalesce(by_department.order_count, 0) - departments.order_count as orders,
        coalesce(by_department.order_product_count, 0)
        - departments.order_product_count as order_products,
        0 as products,
        coalesce(by_department.spend, 0) - coalesce(departments.revenue, 0) as dollars

    from departments

    left join by_department
        on departments.department_id = by_department.department_id

    union all

    select
        'dim_customers' as mart,
        customers.customer_id as id,
        0 as customers,
        0 as orders,
        coalesce(by_customer.order_product_count, 0)
        - customers.order_product_count as order_products,
        coalesce(by_customer.distinct_product_count, 0)
        - customers.distinct_product_count as products,
        coalesce(by_customer.spend, 0) - coalesce(customers.total_spend, 0) as dollars

    from customers

    left join by_customer
        on customers.customer_id = by_customer.customer_id

)

select
    *,
    {{ sentence(
        'marts.fct_customer_departments',
        'the sums of marts.rpt_departments and marts.dim_customers',
        "count(*) over (), ' of their rows with others, such as ', order_products, "
        ~ "' order products, ', orders, ' orders and ', dollars, ' dollars more for ', "
        ~ "id, ' of ', mart",
        project_fault('from marts.fct_customer_departments'),
    ) }} as message

from compared

where
    customers <> 0
    or orders <> 0
    or order_products <> 0
    or products <> 0
    or dollars <> 0
