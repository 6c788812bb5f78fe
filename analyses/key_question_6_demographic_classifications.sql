-- Key question 6: What classifications does the demographic information suggest?
--
-- Age? Income? Certain types of goods? Family status?
--
-- To be read: one row per classification and segment; the classification whose segments
-- differ most in the total of an order comes first. A classification is worth using if
-- its segments behave otherwise: order_total_spread and orders_spread say by how much
-- the highest segment lies above the lowest (0.19 is 19%), and taste_points how far, in
-- percentage points, a department's share in one of its segments lies from the share
-- with all customers.
--
-- Not to be concluded: that buyers of babies' or pets' goods order more because of
-- their babies or pets. Whoever orders much has bought of everything once, so that
-- has_bought_... differ by their making. Customers and prices are fabricated: only
-- income, which the course tied to what they buy, is expected to part them. With few
-- customers all spreads are larger, by chance, and without customers.csv each
-- classification has the one segment that says so.
with

segments as (

    select * from marts.rpt_customer_segments

    where
        segment_type in (
            'age_group',
            'family_size',
            'family_status',
            'gender',
            'income_group',
            'is_parent',
            'region'
        )
        or segment_type like 'has_bought_%'

),

segment_departments as (

    select * from marts.rpt_segment_departments

),

tastes as (

    select
        segment_type,
        max(100 * abs(share_of_segment - overall_share)) as taste_points

    from segment_departments

    group by segment_type

),

compared as (

    select
        *,
        max(avg_order_total) over (partition by segment_type)
        / nullif(min(avg_order_total) over (partition by segment_type), 0)
        - 1 as order_total_spread,
        max(orders_per_customer) over (partition by segment_type)
        / nullif(min(orders_per_customer) over (partition by segment_type), 0)
        - 1 as orders_spread

    from segments

),

described as (

    select
        compared.segment_type as classification,
        compared.segment,
        compared.customer_count,
        round(compared.customer_share, 4) as customer_share,
        compared.order_count,
        round(compared.order_share, 4) as order_share,
        compared.order_product_count,
        round(compared.order_product_share, 4) as order_product_share,
        round(compared.orders_per_customer, 2) as orders_per_customer,
        round(compared.avg_order_total, 2) as avg_order_total,
        round(compared.avg_product_price, 2) as avg_product_price,
        compared.median_days_between_orders,
        round(compared.order_total_spread, 4) as order_total_spread,
        round(compared.orders_spread, 4) as orders_spread,
        round(tastes.taste_points, 2) as taste_points

    from compared

    inner join tastes
        on compared.segment_type = tastes.segment_type

)

select * from described

order by
    order_total_spread desc nulls last,
    classification asc,
    customer_count desc,
    segment asc
