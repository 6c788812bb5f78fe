-- When is the shop quietest, so that an advertisement meets the fewest orders?
--
-- The sales team wants to schedule advertisements at times when there are fewer orders
-- (key question 1).
--
-- How to read it: two windows for each weekday, the one with the fewest orders per hour
-- of all hours, mostly at night, and that of the waking hours, when customers can see
-- an advertisement. A window is at least three hours in a row; of equally quiet windows
-- the longer one is taken, then the earlier. It runs from first_hour to end_hour
-- o'clock, 24 being midnight, and never past it: a night that begins before midnight is
-- cut there. below_average_hour compares with the mean of the week's 168 hours: 0.95 is
-- 95% fewer orders per hour, -0.1 is 10% more. mean_ad_window_rank is the mean rank of
-- its hours among the 168, 1 for fewest orders. week_rank orders the weekdays. Windows
-- are looked for between considered_from and considered_until o'clock, and have at least
-- shortest_window hours.
--
-- What it doesn't show: that advertisements work in quiet hours; the data has none. The
-- night is quiet for everybody, so few would see them. Customers of hours can't be
-- added up to customers of a window, which is why there are only orders and order
-- products.
with

day_hours as (

    select * from marts.rpt_day_hours

),

-- Sixteen hours awake and eight asleep: change the bounds here.
settings as (

    select
        3 as shortest_window,
        7 as waking_from,
        23 as waking_until

),

hours_considered as (

    select
        'all hours' as considered,
        0 as from_hour,
        24 as until_hour,
        shortest_window

    from settings

    union all

    select
        'waking hours' as considered,
        waking_from as from_hour,
        waking_until as until_hour,
        shortest_window

    from settings

),

days as (

    select
        day_of_week,
        sum(order_count) as order_count

    from day_hours

    group by day_of_week

),

average_hour as (

    select sum(order_count) / count(*) as order_count

    from day_hours

),

windows as (

    select
        hours_considered.considered,
        hours_considered.from_hour as considered_from,
        hours_considered.until_hour as considered_until,
        hours_considered.shortest_window,
        first_hours.day_of_week,
        first_hours.day_name,
        first_hours.hour_of_day as first_hour,
        last_hours.hour_of_day + 1 as end_hour,
        count(*) as hour_count,
        sum(day_hours.order_count) as order_count,
        sum(day_hours.order_product_count) as order_product_count,
        sum(day_hours.order_count) / count(*) as orders_per_hour,
        avg(day_hours.ad_window_rank) as mean_ad_window_rank

    from hours_considered

    inner join day_hours as first_hours
        on hours_considered.from_hour <= first_hours.hour_of_day

    inner join day_hours as last_hours
        on
            first_hours.day_of_week = last_hours.day_of_week
            and hours_considered.until_hour > last_hours.hour_of_day
            and hours_considered.shortest_window
            <= last_hours.hour_of_day + 1 - first_hours.hour_of_day

    inner join day_hours
        on
            first_hours.day_of_week = day_hours.day_of_week
            and day_hours.hour_of_day
            between first_hours.hour_of_day and last_hours.hour_of_day

    group by
        hours_considered.considered,
        hours_considered.from_hour,
        hours_considered.until_hour,
        hours_considered.shortest_window,
        first_hours.day_of_week,
        first_hours.day_name,
        first_hours.hour_of_day,
        last_hours.hour_of_day

),

quietest_windows as (

    select *

    from windows

    qualify
        row_number() over (
            partition by
                considered,
                day_of_week
            order by orders_per_hour asc, hour_count desc, first_hour asc
        ) = 1

),

compared as (

    select
        quietest_windows.*,
        quietest_windows.order_count / nullif(days.order_count, 0) as share_of_day,
        1 - quietest_windows.orders_per_hour / nullif(average_hour.order_count, 0)
            as below_average_hour,
        quietest_windows.first_hour >= settings.waking_from
        and quietest_windows.end_hour <= settings.waking_until as is_awake,
        row_number() over (
            partition by quietest_windows.considered
            order by
                quietest_windows.orders_per_hour asc,
                quietest_windows.hour_count desc,
                quietest_windows.day_of_week asc
        ) as week_rank

    from quietest_windows

    inner join days
        on quietest_windows.day_of_week = days.day_of_week

    cross join average_hour

    cross join settings

),

worded as (

    select
        *,
        day_name
        || ', ' || lpad(cast(first_hour as string), 2, '0') || ':00'
        || ' to ' || lpad(cast(end_hour as string), 2, '0') || ':00' as window_name,
        cast(cast(100 * abs(below_average_hour) as decimal(6, 0)) as string) || '%'
            as difference

    from compared

),

advised as (

    select
        day_of_week,
        day_name,
        considered,
        case
            when below_average_hour is null
                then window_name || ': no orders all week, nothing to compare with.'
            when below_average_hour < 0
                then
                    window_name || ': ' || difference
                    || ' more orders than in an average hour; take another day.'
            when is_awake
                then
                    window_name || ': ' || difference
                    || ' fewer orders than in an average hour, and customers are awake.'
            else
                window_name || ': ' || difference
                || ' fewer orders than in an average hour, but few are awake to see it.'
        end as advice,
        first_hour,
        end_hour,
        cast(order_count as bigint) as order_count,
        cast(order_product_count as bigint) as order_product_count,
        round(orders_per_hour, 2) as orders_per_hour,
        round(share_of_day, 4) as share_of_day,
        round(below_average_hour, 4) as below_average_hour,
        round(mean_ad_window_rank, 2) as mean_ad_window_rank,
        week_rank,
        considered_from,
        considered_until,
        shortest_window

    from worded

)

select * from advised

order by
    day_of_week,
    considered
