-- How are customers distributed by loyalty? Of customers, of orders and of order products:
-- the field's commonest mistake is to print the last share as the first.
with

customers as (

    select * from {{ ref('dim_customers') }}

    where order_count > 0

),

by_loyalty as (

    select
        loyalty_flag,
        count(*) as customer_count,
        sum(order_count) as order_count,
        sum(order_product_count) as order_product_count

    from customers

    group by loyalty_flag

),

shared as (

    select
        loyalty_flag,
        customer_count,
        customer_count / sum(customer_count) over () as customer_share,
        order_count,
        order_count / sum(order_count) over () as order_share,
        order_product_count,
        order_product_count / sum(order_product_count) over () as order_product_share

    from by_loyalty

)

select * from shared

order by customer_count desc
