-- A first order has no prior one: its days are null, never 0.
with

orders as (

    select * from {{ ref('fct_orders') }}

)

select
    order_id,
    days_since_prior_order,
    {{ sentence(
        'marts.fct_orders',
        'no days_since_prior_order of a first order',
        "count(*) over (), ' with days, such as order ', order_id",
        project_fault(
            'from marts.fct_orders where is_first_order'
            ~ ' and days_since_prior_order is not null'
        ),
    ) }} as message

from orders

where
    is_first_order
    and days_since_prior_order is not null
