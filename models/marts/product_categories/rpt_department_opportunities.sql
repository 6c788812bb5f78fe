{%- set quadrants = var('opportunity_quadrant') -%}

with

departments as (

    select * from {{ ref('rpt_departments') }}

    where order_product_count > 0

),

medians as (

    select
        median(reorder_rate) as median_reorder_rate,
        median(revenue_per_order) as median_revenue_per_order

    from departments

),

compared as (

    select
        departments.*,
        medians.median_reorder_rate,
        medians.median_revenue_per_order,
        {{ comparable('departments.reorder_rate') }}
        >= {{ comparable('medians.median_reorder_rate') }} as is_often_reordered,
        {{ comparable('departments.revenue_per_order') }}
        >= {{ comparable('medians.median_revenue_per_order') }} as is_high_value

    from departments

    cross join medians

),

measured as (

    select
        department_id,
        department,
        department_group,
        customer_count,
        order_count,
        order_product_count,
        order_product_share,
        revenue,
        revenue_share,
        revenue_per_order,
        median_revenue_per_order,
        reorder_rate,
        median_reorder_rate,
        case
            when is_high_value is null then '{{ var("unknown_label") }}'
            when is_high_value and is_often_reordered
                then '{{ quadrants["high_value_and_reorders"] }}'
            when is_high_value then '{{ quadrants["high_value"] }}'
            when is_often_reordered then '{{ quadrants["high_reorders"] }}'
            else '{{ quadrants["neither"] }}'
        end as quadrant,
        {{ dollars_at_stake('revenue', 'reorder_rate', 'median_reorder_rate') }}
            as dollars_at_stake,
        is_frequent

    from compared

)

select * from measured
