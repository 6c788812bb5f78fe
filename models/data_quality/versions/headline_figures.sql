{%- set figures = [
    'customer_count', 'order_count', 'revenue', 'avg_order_total', 'reorder_rate'
] -%}

with

customers as (

    select * from {{ ref('dim_customers') }}

    where order_count > 0

),

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

days_of_week as (

    select * from {{ ref('rpt_days_of_week') }}

),

hours_of_day as (

    select * from {{ ref('rpt_hours_of_day') }}

),

departments as (

    select * from {{ ref('rpt_departments') }}

),

segments as (

    select * from {{ ref('rpt_customer_segments') }}

),

orders_counted as (

    select
        count(*) as order_count,
        sum(product_count) as order_product_count,
        sum(reordered_product_count) as reordered_product_count,
        sum(order_total) as revenue

    from orders

),

customers_counted as (

    select count(*) as customer_count

    from customers

),

-- Orders with a department have another total than its revenue per order.
measured as (

    select
        'all' as dimension,
        'all' as dimension_value,
        customers_counted.customer_count,
        orders_counted.order_count,
        orders_counted.revenue,
        {{ ratio('orders_counted.revenue', 'orders_counted.order_count') }}
            as avg_order_total,
        {{ ratio(
            'orders_counted.reordered_product_count',
            'orders_counted.order_product_count',
        ) }} as reorder_rate

    from orders_counted

    cross join customers_counted

    union all

    select
        'weekday' as dimension,
        day_name as dimension_value,
        customer_count,
        order_count,
        revenue,
        avg_order_total,
        null as reorder_rate

    from days_of_week

    union all

    select
        'hour' as dimension,
        cast(hour_of_day as string) as dimension_value,
        customer_count,
        order_count,
        revenue,
        avg_order_total,
        null as reorder_rate

    from hours_of_day

    union all

    select
        'department' as dimension,
        -- Two of the same name are told apart.
        case
            when count(*) over (partition by department) > 1
                then concat(department, ' ', department_id)
            else department
        end as dimension_value,
        customer_count,
        order_count,
        revenue,
        null as avg_order_total,
        reorder_rate

    from departments

    union all

    select
        'segment' as dimension,
        concat(segment_type, ': ', segment) as dimension_value,
        customer_count,
        order_count,
        revenue,
        avg_order_total,
        reorder_rate

    from segments

),

listed as (
    {% for figure in figures %}

    select
        '{{ figure }}' as figure,
        dimension,
        dimension_value,
        customer_count,
        cast({{ figure }} as double) as figure_value

    from measured

    where {{ figure }} is not null
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select * from listed
