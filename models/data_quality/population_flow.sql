with

steps as (

    select * from {{ ref('population_flow_steps') }}

),

outcomes as (

    select * from {{ ref('int_row_outcomes_counted') }}

),

customers as (

    select
        customer_id,
        order_count,
        {{ is_high_activity() }} as is_high_activity

    from {{ ref('dim_customers') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

file_rows as (

    select
        dataset,
        outcome,
        sum(row_count) as row_count

    from outcomes

    group by
        dataset,
        outcome

),

-- Orders have their number of products, so the larger fact need not be read.
fact_rows as (

    select
        customers.is_high_activity,
        orders.is_analysed,
        count(*) as order_count,
        sum(orders.product_count) as order_product_count

    from orders

    inner join customers
        on orders.customer_id = customers.customer_id

    group by
        customers.is_high_activity,
        orders.is_analysed

),

counted as (

    select
        dataset,
        outcome,
        row_count

    from file_rows

    union all

    select
        'orders' as dataset,
        case when is_analysed then 'low activity' else 'not analysed' end as outcome,
        order_count as row_count

    from fact_rows

    where
        not is_analysed
        or not is_high_activity

    union all

    select
        'order_products' as dataset,
        case when is_analysed then 'low activity' else 'not analysed' end as outcome,
        order_product_count as row_count

    from fact_rows

    where
        not is_analysed
        or not is_high_activity

    union all

    select
        'dim_customers' as dataset,
        'read' as outcome,
        count(*) as row_count

    from customers

    union all

    select
        'dim_customers' as dataset,
        'no analysed orders' as outcome,
        count(*) as row_count

    from customers

    where order_count = 0

    union all

    select
        'dim_customers' as dataset,
        'low activity' as outcome,
        count(*) as row_count

    from customers

    where
        order_count > 0
        and not is_high_activity

),

totals as (

    select
        dataset,
        outcome,
        sum(row_count) as row_count

    from counted

    group by
        dataset,
        outcome

),

removed as (

    select
        steps.step_number,
        steps.dataset,
        steps.step,
        steps.is_choice,
        steps.reason,
        coalesce(read_rows.row_count, 0) as rows_read,
        coalesce(totals.row_count, 0) as rows_removed

    from steps

    left join totals
        on
            steps.dataset = totals.dataset
            and steps.outcome = totals.outcome

    left join totals as read_rows
        on
            steps.dataset = read_rows.dataset
            and read_rows.outcome = 'read'

),

accumulated as (

    select
        step_number,
        dataset,
        step,
        is_choice,
        reason,
        rows_removed,
        rows_read - sum(rows_removed) over (
            partition by dataset
            order by step_number
        ) as rows_out

    from removed

),

flow as (

    select
        step_number,
        dataset,
        step,
        cast(rows_out + rows_removed as bigint) as rows_in,
        cast(rows_removed as bigint) as rows_removed,
        cast(rows_out as bigint) as rows_out,
        is_choice,
        reason

    from accumulated

)

select * from flow
