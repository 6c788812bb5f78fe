-- Key question 2: Are there particular times of the day when people spend the most?
--
-- The sales team wants to know, as this might inform the type of products they
-- advertise at these times.
--
-- How to read it: 24 hours, the highest revenue first. There are three answers: most
-- money in all (revenue_rank), most money per order (order_total_rank) and the most
-- expensive products (avg_product_price). Revenue follows the number of orders, and an
-- order's total the number of its products; prices hardly change. typical_department is
-- bought more at that hour than at others: its share of the hour is so many percentage
-- points above its share of the day. Verdicts tell whether an hour's order total, price and
-- typical department differ from all hours, are the same, or whether there are too few
-- customers to tell.
--
-- What it doesn't show: that people buy more expensive products at some hour, or how
-- much Instacart earns: prices are fabricated. Unless is_typical_department is true, a
-- typical department may be chance, as it always is in the synthetic data. Averages of
-- hours without has_enough_orders are unreliable. Without prices all money is null and
-- the order is by hour.
with

hours as (

    select * from marts.rpt_hours_of_day

),

department_hours as (

    select * from marts.rpt_department_hours

),

listed_departments as (

    select department_id

    from marts.dim_departments

    where is_listed

),

typical_departments as (

    select
        department_hours.hour_of_day,
        department_hours.department,
        100 * (department_hours.share_of_hour - department_hours.overall_share)
            as points_above_day,
        department_hours.is_typical,
        department_hours.verdict

    from department_hours

    inner join listed_departments
        on department_hours.department_id = listed_departments.department_id

    where department_hours.share_of_hour is not null

    qualify
        row_number() over (
            partition by department_hours.hour_of_day
            order by
                department_hours.share_of_hour - department_hours.overall_share desc,
                department_hours.department_id asc
        ) = 1

),

ranked_hours as (

    select
        *,
        revenue / nullif(sum(revenue) over (), 0) as revenue_share,
        case
            when revenue is not null
                then rank() over (order by revenue desc nulls last)
        end as revenue_rank,
        case
            when avg_order_total is not null
                then rank() over (order by avg_order_total desc nulls last)
        end as order_total_rank

    from hours

),

described as (

    select
        ranked_hours.hour_of_day,
        ranked_hours.phenomenon,
        ranked_hours.has_enough_orders,
        ranked_hours.customer_count,
        ranked_hours.order_count,
        ranked_hours.order_product_count,
        ranked_hours.revenue,
        round(ranked_hours.revenue_share, 6) as revenue_share,
        ranked_hours.revenue_rank,
        round(ranked_hours.avg_order_total, 2) as avg_order_total,
        ranked_hours.order_total_rank,
        ranked_hours.order_total_verdict,
        round(ranked_hours.products_per_order, 2) as products_per_order,
        round(ranked_hours.avg_product_price, 2) as avg_product_price,
        ranked_hours.is_usual_price,
        ranked_hours.price_verdict,
        typical_departments.department as typical_department,
        round(typical_departments.points_above_day, 2) as typical_department_points,
        typical_departments.is_typical as is_typical_department,
        typical_departments.verdict as typical_department_verdict

    from ranked_hours

    left join typical_departments
        on ranked_hours.hour_of_day = typical_departments.hour_of_day

)

select * from described

order by
    revenue_rank asc nulls last,
    hour_of_day asc
