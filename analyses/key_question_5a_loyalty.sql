-- Key question 5a: How are users distributed by brand loyalty?
--
-- How often do they return to Instacart?
--
-- How to read it: one row per loyalty segment, the most loyal first. customer_share is
-- the answer. Orders and order products are beside it, because the field's most common
-- mistake is to print the share of order products as that of users: loyal customers are
-- few, and order a lot. orders_per_customer and median_days_between_orders tell how
-- often they return.
--
-- What it doesn't show: that new customers leave. The data ends at an unknown date for
-- each customer, covers only customers with at least three prior orders, and shows no
-- more than 99 of these: whoever is new here may be loyal by now.
with

segments as (

    select * from marts.rpt_customer_segments

),

loyalty as (

    select
        segment as loyalty_flag,
        customer_count,
        round(customer_share, 6) as customer_share,
        order_count,
        round(order_share, 6) as order_share,
        order_product_count,
        round(order_product_share, 6) as order_product_share,
        round(orders_per_customer, 2) as orders_per_customer,
        median_days_between_orders

    from segments

    where segment_type = 'loyalty_flag'

)

select * from loyalty

order by
    orders_per_customer desc,
    loyalty_flag asc
