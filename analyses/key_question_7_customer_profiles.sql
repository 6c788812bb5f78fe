-- Key question 7: What differences are there in ordering habits of customer profiles?
--
-- Consider the price of orders, the frequency of orders, the products customers are
-- ordering, and anything else you can think of.
--
-- How to read it: one row per profile (age, parent or not, income), the most customers
-- first. order_total_against_all and orders_against_all compare with all customers:
-- -0.1 is 10% less. favoured_department is the one whose share of what the profile buys
-- is furthest above its share of what all buy, by so many percentage points and
-- standard errors; neglected_department the one furthest below; their verdicts tell a
-- difference, none and too few customers apart. The last columns are
-- the same in each row: the share of the variance of customers' orders and mean totals
-- that profiles explain, and that income explains alone. The rest is due to age and
-- children.
--
-- What it doesn't show: that each difference is real. Fewer than four standard errors
-- may be chance, as the department is the furthest of 21 in up to 18 profiles, and a
-- profile of a few hundred customers is unreliable altogether. On the full data only
-- low income differs: its baskets are smaller and hold more snacks, at all ages,
-- parents or not. That is how the course fabricated incomes, from what was bought, and
-- no fact about people. By the same rule the few young adults of high income are mostly
-- those who bought one of two products with a mistyped price, and hence order much.
-- Prices are fabricated too.
with

segments as (

    select * from marts.rpt_customer_segments

    where segment_type = 'customer_profile'

),

segment_hours as (

    select * from marts.rpt_segment_hours

    where segment_type = 'customer_profile'

),

segment_departments as (

    select * from marts.rpt_segment_departments

    where
        segment_type = 'customer_profile'
        and share_of_segment is not null

),

differences as (

    select
        max(
            case
                when segment_type = 'customer_profile' and measure = 'order_count'
                    then adjusted_r_squared
            end
        ) as orders_adjusted_r_squared,
        max(
            case
                when segment_type = 'income_group' and measure = 'order_count'
                    then adjusted_r_squared
            end
        ) as income_orders_adjusted_r_squared,
        max(
            case
                when segment_type = 'customer_profile' and measure = 'avg_order_total'
                    then adjusted_r_squared
            end
        ) as order_total_adjusted_r_squared,
        max(
            case
                when segment_type = 'income_group' and measure = 'avg_order_total'
                    then adjusted_r_squared
            end
        ) as income_order_total_adjusted_r_squared

    from marts.rpt_segment_differences

),

totals as (

    select
        sum(customer_count) as customer_count,
        sum(order_count) as order_count,
        sum(revenue) as revenue

    from segments

),

peak_hours as (

    select
        segment,
        hour_of_day

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
        (share_of_segment - overall_share) / nullif(share_standard_error, 0)
            as standard_errors_above_all,
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
        segments.segment as customer_profile,
        segments.customer_count,
        round(segments.customer_share, 6) as customer_share,
        segments.has_enough_customers,
        segments.is_large,
        segments.order_count,
        segments.order_product_count,
        round(segments.avg_order_total, 2) as avg_order_total,
        round(
            segments.avg_order_total
            / nullif(totals.revenue / nullif(totals.order_count, 0), 0)
            - 1,
            6
        ) as order_total_against_all,
        round(
            segments.order_product_count / nullif(segments.order_count, 0), 2
        ) as products_per_order,
        round(segments.avg_product_price, 2) as avg_product_price,
        round(segments.orders_per_customer, 2) as orders_per_customer,
        round(
            segments.orders_per_customer
            / nullif(totals.order_count / nullif(totals.customer_count, 0), 0)
            - 1,
            6
        ) as orders_against_all,
        segments.median_days_between_orders,
        round(segments.reorder_rate, 6) as reorder_rate,
        peak_hours.hour_of_day as peak_hour,
        favoured_departments.department as favoured_department,
        round(favoured_departments.points_above_all, 2) as favoured_points,
        round(favoured_departments.standard_errors_above_all, 1)
            as favoured_standard_errors,
        favoured_departments.verdict as favoured_verdict,
        neglected_departments.department as neglected_department,
        round(neglected_departments.points_above_all, 2) as neglected_points,
        round(neglected_departments.standard_errors_above_all, 1)
            as neglected_standard_errors,
        neglected_departments.verdict as neglected_verdict,
        round(differences.orders_adjusted_r_squared, 6) as orders_adjusted_r_squared,
        round(differences.income_orders_adjusted_r_squared, 6)
            as income_orders_adjusted_r_squared,
        round(differences.order_total_adjusted_r_squared, 6)
            as order_total_adjusted_r_squared,
        round(differences.income_order_total_adjusted_r_squared, 6)
            as income_order_total_adjusted_r_squared

    from segments

    cross join totals

    cross join differences

    left join peak_hours
        on segments.segment = peak_hours.segment

    left join favoured_departments
        on segments.segment = favoured_departments.segment

    left join neglected_departments
        on segments.segment = neglected_departments.segment

)

select * from described

order by
    customer_count desc,
    customer_profile asc
