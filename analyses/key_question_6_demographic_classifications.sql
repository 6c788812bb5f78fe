-- Key question 6: What classifications does the demographic information suggest?
--
-- Age? Income? Certain types of goods? Family status?
--
-- How to read it: one row per classification and segment; the classification that
-- explains most of the total of an order comes first. A classification is worth using
-- if its segments behave differently: order_total_adjusted_r_squared and
-- orders_adjusted_r_squared are the share of the variance between customers that it
-- explains (0.03 is 3%; chance is about 0), and is_..._significant is true if that is
-- at least a hundredth and more than chance; the verdicts tell no difference from too few
-- customers to see one. The spreads tell how far the highest
-- segment is above the lowest (0.19 is 19%), and taste_points how far, in percentage
-- points, a department's share in one of its segments is from its share with all
-- customers, and by how many standard errors: below four it may be chance, as it is the
-- furthest of 21 departments in several segments.
--
-- What it doesn't show: that buyers of goods for babies or pets order more because of
-- their babies or pets. Whoever orders much has bought something of everything:
-- has_bought_... differ by construction, and none has standard errors where those who
-- never bought in a department have nothing of it. Customers and prices are fabricated:
-- only income, which the course tied to what they buy, is expected to matter. With few
-- customers all spreads are larger, by chance, and without customers.csv each
-- classification has one segment, Unknown.
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

differences as (

    select
        segment_type,
        max(case when measure = 'order_count' then adjusted_r_squared end)
            as orders_adjusted_r_squared,
        bool_or(measure = 'order_count' and is_significant) as is_orders_significant,
        max(case when measure = 'order_count' then verdict end) as orders_verdict,
        max(case when measure = 'avg_order_total' then adjusted_r_squared end)
            as order_total_adjusted_r_squared,
        bool_or(measure = 'avg_order_total' and is_significant)
            as is_order_total_significant,
        max(case when measure = 'avg_order_total' then verdict end)
            as order_total_verdict

    from marts.rpt_segment_differences

    group by segment_type

),

tastes as (

    select
        segment_type,
        100 * abs(share_of_segment - overall_share) as taste_points,
        abs(share_of_segment - overall_share) / nullif(share_standard_error, 0)
            as taste_standard_errors

    from segment_departments

    qualify
        row_number() over (
            partition by segment_type
            order by
                abs(share_of_segment - overall_share) desc nulls last,
                segment asc,
                department_id asc
        ) = 1

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
        round(compared.customer_share, 6) as customer_share,
        compared.order_count,
        round(compared.order_share, 6) as order_share,
        compared.order_product_count,
        round(compared.order_product_share, 6) as order_product_share,
        round(compared.orders_per_customer, 2) as orders_per_customer,
        round(compared.avg_order_total, 2) as avg_order_total,
        round(compared.avg_product_price, 2) as avg_product_price,
        compared.median_days_between_orders,
        round(compared.order_total_spread, 6) as order_total_spread,
        round(compared.orders_spread, 6) as orders_spread,
        round(differences.order_total_adjusted_r_squared, 6)
            as order_total_adjusted_r_squared,
        differences.is_order_total_significant,
        differences.order_total_verdict,
        round(differences.orders_adjusted_r_squared, 6) as orders_adjusted_r_squared,
        differences.is_orders_significant,
        differences.orders_verdict,
        round(tastes.taste_points, 2) as taste_points,
        round(tastes.taste_standard_errors, 1) as taste_standard_errors

    from compared

    inner join differences
        on compared.segment_type = differences.segment_type

    inner join tastes
        on compared.segment_type = tastes.segment_type

)

select * from described

order by
    order_total_adjusted_r_squared desc nulls last,
    order_total_spread desc nulls last,
    classification asc,
    customer_count desc,
    segment asc
