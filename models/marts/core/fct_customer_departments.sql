with

customers as (

    select * from {{ ref('dim_customers') }}

),

customer_departments as (

    select * from {{ ref('int_customer_departments_aggregated') }}

),

measured as (

    select
        customer_departments.customer_id,
        customer_departments.department_id,
        customer_departments.order_count,
        customer_departments.order_product_count,
        customer_departments.distinct_product_count,
        customer_departments.revenue as spend,
        {{ ratio(
            'customer_departments.reordered_product_count',
            'customer_departments.order_product_count',
        ) }} as reorder_rate,
        customer_departments.first_order_number,
        customer_departments.last_order_number,
        customers.max_order_number - customer_departments.last_order_number
            as orders_since_last

    from customer_departments

    inner join customers
        on customer_departments.customer_id = customers.customer_id

)

select * from measured
