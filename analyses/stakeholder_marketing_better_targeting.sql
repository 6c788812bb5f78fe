-- The Vice President of Marketing: How can ad campaigns be targeted better?
--
-- "We're always looking into improving our targeting for ad campaigns."
--
-- How to read it: whom to show what, and when; the segments with the most distinctive
-- taste come first. favoured_points is by how many percentage points the department's
-- share of what the segment buys exceeds its share of what all buy, and
-- favoured_standard_errors how reliable that is; is_advised takes both into account, and
-- favoured_verdict tells no taste of their own from too few customers to see one, who would
-- have to differ by detectable_points.
-- quiet_hour is, among the hours in which the shop has fewer orders than on average,
-- the one in which most of the segment order: few orders, and yet they are there.
-- quietest_ad_windows.sql has the weekday. Segments of different types overlap: a
-- customer has one of each.
--
-- What it doesn't show: that an advertisement works there. The data has no
-- advertisements, and nobody knows whether to show people what they favour or what they
-- neglect: only a trial does. New customers favour what is bought now and then; low
-- incomes favour snacks because the course fabricated incomes that way; prices are
-- fabricated too. Left out are regions, which differ by their number of states only,
-- and segments made from departments or hours, whose taste is their definition.
with

segments as (

    select * from marts.rpt_customer_segments

),

segment_departments as (

    select * from marts.rpt_segment_departments

),

segment_hours as (

    select * from marts.rpt_segment_hours

),

hours as (

    select * from marts.rpt_hours_of_day

),

-- Types that have but one segment here, as without customers.csv, part nobody.
targets as (

    select *

    from segments

    where
        segment_type in (
            'age_group',
            'customer_profile',
            'family_status',
            'gender',
            'income_group',
            'loyalty_flag',
            'order_frequency_flag'
        )
        and is_large

    qualify count(*) over (partition by segment_type) > 1

),

compared_departments as (

    select
        segment_type,
        segment,
        department_id,
        department,
        share_of_segment,
        overall_share,
        100 * (share_of_segment - overall_share) as points_above_all,
        (share_of_segment - overall_share) / nullif(share_standard_error, 0)
            as standard_errors,
        verdict,
        detectable_difference,
        is_worth_targeting

    from segment_departments

    where share_of_segment is not null

),

listed_departments as (

    select department_id

    from marts.dim_departments

    where is_listed

),

favoured_departments as (

    select compared_departments.*

    from compared_departments

    inner join listed_departments
        on compared_departments.department_id = listed_departments.department_id

    qualify
        row_number() over (
            partition by
                compared_departments.segment_type,
                compared_departments.segment
            order by
                compared_departments.points_above_all desc,
                compared_departments.department_id asc
        ) = 1

),

quiet_hours as (

    select
        segment_hours.segment_type,
        segment_hours.segment,
        segment_hours.hour_of_day,
        segment_hours.order_count

    from segment_hours

    inner join hours
        on segment_hours.hour_of_day = hours.hour_of_day

    where not hours.is_high_traffic

    qualify
        row_number() over (
            partition by
                segment_hours.segment_type,
                segment_hours.segment
            order by segment_hours.order_count desc, segment_hours.hour_of_day asc
        ) = 1

),

described as (

    select
        targets.segment_type,
        targets.segment,
        targets.customer_count,
        round(targets.customer_share, 6) as customer_share,
        targets.order_count,
        round(targets.order_share, 6) as order_share,
        targets.order_product_count,
        round(targets.order_product_share, 6) as order_product_share,
        targets.revenue,
        round(targets.revenue_share, 6) as revenue_share,
        favoured_departments.department as favoured_department,
        round(favoured_departments.share_of_segment, 6) as share_of_segment,
        round(favoured_departments.overall_share, 6) as overall_share,
        round(favoured_departments.points_above_all, 2) as favoured_points,
        round(favoured_departments.standard_errors, 1) as favoured_standard_errors,
        favoured_departments.verdict as favoured_verdict,
        round(100 * favoured_departments.detectable_difference, 2)
            as detectable_points,
        coalesce(favoured_departments.is_worth_targeting, false) as is_advised,
        quiet_hours.hour_of_day as quiet_hour,
        quiet_hours.order_count as quiet_hour_orders

    from targets

    left join favoured_departments
        on
            targets.segment_type = favoured_departments.segment_type
            and targets.segment = favoured_departments.segment

    left join quiet_hours
        on
            targets.segment_type = quiet_hours.segment_type
            and targets.segment = quiet_hours.segment

),

worded as (

    select
        *,
        cast(cast(100 * share_of_segment as decimal(4, 1)) as string)
        || '% of what they buy, '
        || cast(cast(100 * overall_share as decimal(4, 1)) as string)
        || '% of what all buy' as comparison

    from described

),

advised as (

    select
        worded.segment_type,
        worded.segment,
        worded.customer_count,
        worded.customer_share,
        worded.order_count,
        worded.order_share,
        worded.order_product_count,
        worded.order_product_share,
        worded.revenue,
        worded.revenue_share,
        worded.favoured_department,
        worded.share_of_segment,
        worded.overall_share,
        worded.favoured_points,
        worded.favoured_standard_errors,
        worded.favoured_verdict,
        worded.detectable_points,
        worded.is_advised,
        worded.quiet_hour,
        worded.quiet_hour_orders,
        case
            when worded.is_advised
                then
                    'Try ' || worded.favoured_department || ': '
                    || worded.comparison || '.'
            else
                'No advice. Their taste against that of all: '
                || lower(worded.favoured_verdict) || '.'
        end as advice

    from worded

)

select * from advised

order by
    favoured_points desc nulls last,
    segment_type asc,
    segment asc
