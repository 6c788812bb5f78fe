-- The fact keeps every staged order once.
with

staged as (

    select * from {{ ref('stg_instacart__orders') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

staged_keys as (

    select order_id

    from staged

    group by order_id

)

select
    staged_keys.order_id as staged_order_id,
    orders.order_id,
    {{ sentence(
        'marts.fct_orders',
        'each staged order once, and no other',
        "count(*) over (), ' that are in one of them only, such as order ', "
        ~ "coalesce(staged_keys.order_id, orders.order_id)",
        project_fault(
            'from staging.stg_instacart__orders where order_id not in'
            ~ ' (select order_id from marts.fct_orders)'
        ),
    ) }} as message

from staged_keys

full outer join orders
    on staged_keys.order_id = orders.order_id

where
    staged_keys.order_id is null
    or orders.order_id is null
