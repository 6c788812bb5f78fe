-- What a report counts adds up to the facts, in total or for each (pair of) segment types.
{%- set reports = {
    'rpt_days_of_week': ['order_count', 'order_product_count', 'revenue'],
    'rpt_hours_of_day': ['order_count', 'order_product_count', 'revenue'],
    'rpt_day_hours': ['order_count', 'order_product_count', 'revenue'],
    'rpt_phenomena': ['order_count', 'order_product_count', 'revenue'],
    'rpt_phenomenon_departments': ['order_product_count', 'revenue'],
    'rpt_order_sequence': ['order_count', 'order_product_count'],
    'rpt_departments': ['order_product_count', 'revenue'],
    'rpt_department_opportunities': ['order_product_count', 'revenue'],
    'rpt_aisles': ['order_product_count', 'revenue'],
    'rpt_products': ['order_product_count', 'revenue'],
    'rpt_price_ranges': ['order_product_count', 'revenue'],
    'rpt_department_hours': ['order_product_count', 'revenue'],
    'rpt_customer_segments': [
        'customer_count', 'order_count', 'order_product_count', 'revenue'
    ],
    'rpt_loyalty_tiers': [
        'customer_count', 'order_count', 'order_product_count', 'revenue'
    ],
    'rpt_customer_lifecycle': [
        'customer_count', 'order_count', 'order_product_count', 'revenue'
    ],
    'rpt_segment_departments': ['order_product_count', 'revenue'],
    'rpt_segment_hours': ['order_count', 'order_product_count'],
    'rpt_segment_crosstabs': [
        'customer_count', 'order_count', 'order_product_count', 'revenue'
    ],
} %}
{%- set groups = {
    'rpt_customer_segments': "segment_type",
    'rpt_segment_departments': "segment_type",
    'rpt_segment_hours': "segment_type",
    'rpt_segment_crosstabs': "concat_ws(' by ', segment_type_a, segment_type_b)",
} %}

with

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

customers as (

    select * from {{ ref('dim_customers') }}

    where order_count > 0

),

expected as (

    select
        (select count(*) from customers) as customer_count,
        count(*) as order_count,
        coalesce(sum(product_count), 0) as order_product_count,
        sum(order_total) as revenue

    from orders

),

reported as (
    {% for report, measures in reports.items() %}

    select
        '{{ report }}' as report,
        {% for column in [
            'customer_count', 'order_count', 'order_product_count', 'revenue'
        ] -%}
        {{ 'sum(' ~ column ~ ')' if column in measures else 'null' }} as {{ column }},
        {% endfor -%}
        cast({{ groups.get(report, "'all'") }} as string) as part

    from {{ ref(report) }}

    group by part
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select
    reported.*,
    expected.*,
    concat(
        'marts.', reported.report, ': expected ', expected.customer_count,
        ' customers, ', expected.order_count, ' orders, ',
        expected.order_product_count, ' order products and revenue of ',
        coalesce(cast(expected.revenue as string), 'null'),
        ' as far as it counts them, found ',
        concat_ws(
            ', ',
            reported.customer_count,
            reported.order_count,
            reported.order_product_count,
            reported.revenue
        ),
        ' in ', coalesce(reported.part, 'null'), '; ',
        {{ text_literal(project_fault('from marts.fct_orders where is_analysed')) }},
        '.'
    ) as message

from reported

cross join expected

where
    reported.customer_count <> expected.customer_count
    or reported.order_count <> expected.order_count
    or reported.order_product_count <> expected.order_product_count
    -- An order of unknown products costs 0 where prices are known: null is 0 then.
    or coalesce(reported.revenue, expected.revenue, 0) <> coalesce(expected.revenue, 0)
