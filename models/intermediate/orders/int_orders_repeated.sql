{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('stg_instacart__orders') }}

),

-- Almost no key is repeated: the windows below then see few rows.
repeated_keys as (

    select order_id

    from orders

    group by order_id

    having count(*) > 1

),

copies as (

    select
        orders.order_id,
        orders.customer_id,
        orders.eval_set,
        orders.order_number,
        orders.day_of_week,
        orders.hour_of_day,
        orders.days_since_prior_order,
        orders.file_number,
        orders.raw_row,
        {{ copy_number([
            'orders.order_id', 'orders.customer_id', 'orders.eval_set',
            'orders.order_number', 'orders.day_of_week', 'orders.hour_of_day',
            'orders.days_since_prior_order',
        ]) }} as copy_number

    from orders

    inner join repeated_keys
        on orders.order_id = repeated_keys.order_id

),

screened as (

    select
        order_id,
        customer_id,
        eval_set,
        order_number,
        day_of_week,
        hour_of_day,
        days_since_prior_order,
        file_number,
        raw_row,
        {{ row_status(
            ['order_id'],
            [
                'customer_id', 'order_number', 'eval_set', 'day_of_week', 'hour_of_day',
                'days_since_prior_order',
            ],
        ) }} as row_status

    from copies

)

select * from screened
