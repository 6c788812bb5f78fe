-- Key question 5b: Are there differences in ordering habits based on loyalty status?
--
-- How to read it: one row per loyalty segment, the most loyal first: how often they
-- order, how much, at what price, when, and what. favoured_department is the one whose
-- share of what the segment buys is furthest above its share of what all buy, by so
-- many percentage points; neglected_department the one furthest below. Their verdicts
-- tell whether that is a difference, none, or there are too few customers to tell.
--
-- What it doesn't show: that loyalty makes people reorder. Who has ordered often has
-- more to reorder: loyalty is made from the number of orders, and so are
-- orders_per_customer, reorder_rate and, in part, the days between orders. For the same
-- reason departments that are bought now and then, such as pantry, weigh more with new
-- customers. Prices are fabricated.
with

segments as (

    select * from marts.rpt_customer_segments

    where segment_type = 'loyalty_flag'

),

segment_hours as (

    select * from marts.rpt_segment_hours

    where segment_type = 'loyalty_flag'

),

segment_departments as (

    select * from marts.rpt_segment_departments

    where
        segment_type = 'loyalty_flag'
        and share_of_segment is not null

),

peak_hours as (

    select
        segment,
        hour_of_day,
        share_of_segment

    from segment_hours

    qualify
        row_number() over (
            partition by segment
            order by order_count desc, hour_of_day asc
        ) = 1

),

compared_departments as (

    select
        segment,
        department_id,
        department,
        100 * (share_of_segment - overall_share) as points_above_all,
        verdict

    from segment_departments

),

favoured_departments as (

    select *

    from compared_departments

    qualify
        row_number() over (
            partition by segment
            order by points_above_all desc, department_id asc
        ) = 1

),

neglected_departments as (

    select *

    from compared_departments

    qualify
        row_number() over (
            partition by segment
            order by points_above_all asc, department_id asc
        ) = 1

),

described as (

    select
        segments.segment as loyalty_flag,
        segments.customer_count,
        segments.order_count,
        segments.order_product_count,
        round(segments.orders_per_customer, 2) as orders_per_customer,
        segments.median_days_between_orders,
        round(
            segments.order_product_count / nullif(segments.order_count, 0), 2
        ) as products_per_order,
        round(segments.avg_order_total, 2) as avg_order_total,
        round(segments.avg_product_price, 2) as avg_product_price,
        round(segments.reorder_rate, 6) as reorder_rate,
        peak_hours.hour_of_day as peak_hour,
        round(peak_hours.share_of_segment, 6) as peak_hour_share,
        favoured_departments.department as favoured_department,
        round(favoured_departments.points_above_all, 2) as favoured_points,
        favoured_departments.verdict as favoured_verdict,
        neglected_departments.department as neglected_department,
        round(neglected_departments.points_above_all, 2) as neglected_points,
        neglected_departments.verdict as neglected_verdict

    from segments

    left join peak_hours
        on segments.segment = peak_hours.segment

    left join favoured_departments
        on segments.segment = favoured_departments.segment

    left join neglected_departments
        on segments.segment = neglected_departments.segment

)

select * from described

order by
    orders_per_customer desc,
    loyalty_flag asc
