-- Key question 5c: Are there differences in ordering habits based on region?
--
-- How to read it: one row per region, the most customers first. state_share beside
-- customer_share gives the answer: a region has as many customers as it has states. The
-- last columns tell whether anything else differs by more than chance: the region's
-- most different department, with the standard errors by which its share is off, and,
-- for all regions together, the variance of customers' orders and mean totals that they
-- explain (0.01 is a hundredth), and the verdict: a difference, none, or too few customers
-- to tell. On the full data they explain nothing.
--
-- What it doesn't show: anything about real regions. The course spread customers evenly
-- over the states, regardless of where people live: the South orders most because it
-- has most states. most_different_department is the one of 21 that is furthest off:
-- chance alone puts it two standard errors off, and in one region of a hundred three
-- and a half. Prices and customers are fabricated. Without customers.csv there is one
-- row, Unknown.
with

segments as (

    select * from marts.rpt_customer_segments

    where segment_type = 'region'

),

segment_departments as (

    select * from marts.rpt_segment_departments

    where
        segment_type = 'region'
        and share_of_segment is not null

),

differences as (

    select
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

    where segment_type = 'region'

),

regions as (

    select * from marts.rpt_regions

),

totals as (

    select
        sum(customer_count) as customer_count,
        sum(order_count) as order_count,
        sum(revenue) as revenue

    from segments

),

compared_departments as (

    select
        segment,
        department_id,
        department,
        100 * (share_of_segment - overall_share) as points_above_all,
        (share_of_segment - overall_share) / nullif(share_standard_error, 0)
            as standard_errors_above_all

    from segment_departments

),

most_different_departments as (

    select *

    from compared_departments

    qualify
        row_number() over (
            partition by segment
            order by abs(standard_errors_above_all) desc nulls last, department_id asc
        ) = 1

),

described as (

    select
        segments.segment as region,
        regions.state_count,
        round(regions.state_share, 6) as state_share,
        regions.is_explained_by_states,
        regions.verdict,
        segments.customer_count,
        round(segments.customer_share, 6) as customer_share,
        segments.order_count,
        segments.order_product_count,
        round(segments.orders_per_customer, 2) as orders_per_customer,
        round(
            segments.orders_per_customer
            / nullif(totals.order_count / nullif(totals.customer_count, 0), 0)
            - 1,
            6
        ) as orders_against_all,
        segments.median_days_between_orders,
        round(segments.avg_order_total, 2) as avg_order_total,
        round(
            segments.avg_order_total
            / nullif(totals.revenue / nullif(totals.order_count, 0), 0)
            - 1,
            6
        ) as order_total_against_all,
        round(segments.avg_product_price, 2) as avg_product_price,
        round(segments.reorder_rate, 6) as reorder_rate,
        most_different_departments.department as most_different_department,
        round(most_different_departments.points_above_all, 3)
            as most_different_points,
        round(most_different_departments.standard_errors_above_all, 1)
            as most_different_standard_errors,
        round(differences.orders_adjusted_r_squared, 6) as orders_adjusted_r_squared,
        differences.is_orders_significant,
        differences.orders_verdict,
        round(differences.order_total_adjusted_r_squared, 6)
            as order_total_adjusted_r_squared,
        differences.is_order_total_significant,
        differences.order_total_verdict

    from segments

    inner join regions
        on segments.segment = regions.region

    cross join totals

    cross join differences

    left join most_different_departments
        on segments.segment = most_different_departments.segment

)

select * from described

order by
    customer_count desc,
    region asc
