-- What the flow leaves is what the marts hold, counted again.
with

population_flow as (

    select * from {{ ref('population_flow') }}

),

steps as (

    select * from {{ ref('population_flow_steps') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

order_products as (

    select * from {{ ref('fct_order_products') }}

),

staged_customers as (

    select customer_id from {{ ref('stg_instacart__customers') }}

    group by customer_id

),

staged_aisles as (

    select aisle_id from {{ ref('stg_instacart__aisles') }}

    group by aisle_id

),

staged_departments as (

    select department_id from {{ ref('stg_instacart__departments') }}

    group by department_id

),

high_activity_customers as (

    select *

    from customers

    where {{ is_high_activity() }}

),

flow_size as (

    select count(*) as step_count from population_flow

),

expected as (

    select
        'products' as dataset,
        'conflict' as outcome,
        count(*) as row_count

    from products

    union all

    select
        'customers' as dataset,
        'conflict' as outcome,
        count(*) as row_count

    from staged_customers

    union all

    select
        'aisles' as dataset,
        'conflict' as outcome,
        count(*) as row_count

    from staged_aisles

    union all

    select
        'departments' as dataset,
        'conflict' as outcome,
        count(*) as row_count

    from staged_departments

    union all

    select
        'orders' as dataset,
        'conflict' as outcome,
        count(*) as row_count

    from orders

    union all

    select
        'orders' as dataset,
        'not analysed' as outcome,
        count(*) as row_count

    from orders

    where is_analysed

    union all

    select
        'orders' as dataset,
        'low activity' as outcome,
        coalesce(sum(order_count), 0) as row_count

    from high_activity_customers

    union all

    select
        'order_products' as dataset,
        'unknown product' as outcome,
        count(*) as row_count

    from order_products

    union all

    select
        'order_products' as dataset,
        'not analysed' as outcome,
        count(*) as row_count

    from order_products

    where is_analysed

    union all

    select
        'order_products' as dataset,
        'low activity' as outcome,
        coalesce(sum(order_product_count), 0) as row_count

    from high_activity_customers

    union all

    select
        'dim_customers' as dataset,
        'low activity' as outcome,
        count(*) as row_count

    from high_activity_customers

)

select
    expected.dataset,
    expected.outcome,
    expected.row_count,
    population_flow.rows_out,
    concat(
        'data_quality.population_flow: expected ', expected.row_count, ' rows of ',
        expected.dataset, ' after the step `', expected.outcome,
        '`, as the marts have, found ',
        coalesce(cast(population_flow.rows_out as string), 'no such step'), '; ',
        {{ text_literal(project_fault(
            'from data_quality.population_flow order by step_number'
        )) }}, '.'
    ) as message

from expected

cross join flow_size

left join steps
    on
        expected.dataset = steps.dataset
        and expected.outcome = steps.outcome

left join population_flow
    on steps.step_number = population_flow.step_number

-- `dbt build --empty` leaves neither steps nor rows.
where
    coalesce(population_flow.rows_out, -1) <> expected.row_count
    and (expected.row_count > 0 or flow_size.step_count > 0)
