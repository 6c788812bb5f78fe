-- No group has more customers or orders than there are in total, and retention never rises.
{%- set reports = {
    'rpt_days_of_week': 'day_of_week',
    'rpt_hours_of_day': 'hour_of_day',
    'rpt_departments': 'department_id',
    'rpt_aisles': 'aisle_id',
    'rpt_products': 'product_id',
    'rpt_price_ranges': 'price_range',
    'rpt_order_sequence': 'order_number',
} %}

with

customers as (

    select
        count(*) as customer_count,
        coalesce(sum(order_count), 0) as order_count

    from {{ ref('dim_customers') }}

    where order_count > 0

),

order_sequence as (

    select * from {{ ref('rpt_order_sequence') }}

),

reported as (
    {% for report, key in reports.items() %}

    select
        '{{ report }}' as report,
        cast({{ key }} as string) as part,
        customer_count,
        order_count

    from {{ ref(report) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

surplus as (

    select
        reported.report,
        reported.part,
        reported.customer_count,
        reported.order_count

    from reported

    cross join customers

    where
        reported.customer_count > customers.customer_count
        or reported.order_count > customers.order_count
        or reported.customer_count > reported.order_count
        and reported.report <> 'rpt_order_sequence'

),

retained as (

    select
        order_number,
        customer_count,
        order_count,
        lag(customer_count) over (order by order_number) as prior_customer_count

    from order_sequence

),

-- All customers have reached the first of the order numbers there are.
gained as (

    select
        'rpt_order_sequence' as report,
        cast(retained.order_number as string) as part,
        retained.customer_count,
        retained.order_count

    from retained

    cross join customers

    where
        retained.customer_count
        > coalesce(retained.prior_customer_count, customers.customer_count)
        or (
            retained.prior_customer_count is null
            and retained.customer_count <> customers.customer_count
        )

)
,

found as (

    select * from surplus

    union all

    select * from gained

)

select
    *,
    concat(
        'marts.', report, ': expected no more customers or orders than in total,',
        ' and no more customers than reached the order before, found ', customer_count,
        ' customers and ', order_count, ' orders in ', part, '; ',
        {{ text_literal(project_fault('from marts.rpt_order_sequence')) }}, '.'
    ) as message

from found
