-- Key question 1: What are the busiest days of the week and hours of the day?
--
-- The sales team needs the days and times with the most orders, in order to schedule
-- advertisements when there are fewer orders.
--
-- How to read it: seven rows for days, then 24 for hours, the busiest first.
-- orders_against_mean compares with an average day or hour: 0.26 is 26% more orders,
-- -0.96 is 96% fewer. What to do about it is in quietest_ad_windows.sql.
--
-- What it doesn't show: that quiet hours are good for advertising. The night is quiet
-- because everybody is asleep. Don't add up customers: whoever orders on two days is
-- counted on both. Names of weekdays are the course's guess, and without dates nothing
-- is known of seasons or holidays.
with

days as (

    select * from marts.rpt_days_of_week

),

hours as (

    select * from marts.rpt_hours_of_day

),

days_and_hours as (

    select
        'day of the week' as time_unit,
        day_name as time_name,
        order_rank,
        busiest_days as how_busy,
        customer_count,
        order_count,
        order_product_count,
        order_share

    from days

    union all

    select
        'hour of the day' as time_unit,
        lpad(cast(hour_of_day as string), 2, '0') || ':00' as time_name,
        order_rank,
        busiest_period_of_day as how_busy,
        customer_count,
        order_count,
        order_product_count,
        order_share

    from hours

),

averaged as (

    select
        *,
        avg(order_count) over (partition by time_unit) as mean_order_count

    from days_and_hours

),

compared as (

    select
        time_unit,
        time_name,
        order_rank,
        how_busy,
        customer_count,
        order_count,
        order_product_count,
        round(order_share, 6) as order_share,
        round(order_count / nullif(mean_order_count, 0) - 1, 6) as orders_against_mean

    from averaged

)

select * from compared

order by
    time_unit,
    order_rank
