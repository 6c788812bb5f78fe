-- Each type of the var segment_types is in each segment report, if anybody ordered.
{%- set reports = {
    'rpt_customer_segments': 'segment_type',
    'rpt_segment_departments': 'segment_type',
    'rpt_segment_differences': 'segment_type',
    'rpt_segment_hours': 'segment_type',
} %}
{%- if var('segment_types') | length > 1 %}
{%- do reports.update({'rpt_segment_crosstabs': 'segment_type_a'}) %}
{%- endif %}

with

segment_types as (
    {% for segment_type in var('segment_types') %}

    select '{{ segment_type }}' as segment_type
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

customers as (

    select count(*) as customer_count

    from {{ ref('dim_customers') }}

    where order_count > 0

),

reported as (
    {% for report, column in reports.items() %}

    select
        '{{ report }}' as report,
        {{ column }} as segment_type

    from {{ ref(report) }}

    group by {{ column }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

counted as (

    select
        segment_types.segment_type,
        count(reported.report) as report_count

    from segment_types

    left join reported
        on segment_types.segment_type = reported.segment_type

    group by segment_types.segment_type

)

select
    counted.segment_type,
    counted.report_count,
    {{ sentence(
        'dbt_project.yml',
        'each of segment_types in ' ~ reports | length ~ ' segment reports',
        "counted.segment_type, ' in ', counted.report_count",
        project_fault(
            'select segment_type, count(*) as segment_count'
            ~ ' from marts.rpt_customer_segments group by all'
        ),
    ) }} as message

from counted

cross join customers

where
    counted.report_count <> {{ reports | length }}
    and customers.customer_count > 0
