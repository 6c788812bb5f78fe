-- A first order has no prior one: its days are null, never 0.
with

orders as (

    select * from {{ ref('fct_orders') }}

)

select
    order_id,
    days_since_prior_order

from orders

where
    is_first_order
    and days_since_prior_order is not null
