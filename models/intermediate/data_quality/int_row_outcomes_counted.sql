{{ config(materialized='table') }}

{%- set screened = {
    'customers': 'int_customers_screened',
    'products': 'int_products_screened',
    'aisles': 'int_aisles_screened',
    'departments': 'int_departments_screened',
    'orders': 'int_orders_repeated',
    'order_products': 'int_order_products_repeated',
} %}
{%- set kept = {
    'orders': 'int_orders',
    'order_products': 'int_order_products',
} %}

with

{% for dataset, model in screened.items() -%}
base_{{ dataset }} as{{ not_materialized_hint() }} (

    select * from {{ ref('base_instacart__' ~ dataset) }}

),

screened_{{ dataset }} as (

    select * from {{ ref(model) }}

),

{% endfor -%}

{% for dataset, model in kept.items() -%}
kept_{{ dataset }} as (

    select * from {{ ref(model) }}

),

{% endfor -%}

files as (

    select * from {{ ref('stg_instacart__files') }}

),

orphaned_order_products as (

    select * from {{ ref('int_order_products_orphaned') }}

),

-- Rows read and rows kept are counted separately, so that a test can compare them.
outcomes as (

    {% for dataset in screened -%}
    select
        '{{ dataset }}' as dataset,
        file_number,
        'read' as outcome,
        count(*) as row_count

    from base_{{ dataset }}

    group by file_number

    union all

    select
        '{{ dataset }}' as dataset,
        file_number,
        'unusable' as outcome,
        count(*) as row_count

    from base_{{ dataset }}

    where rejection_reason is not null

    group by file_number

    union all

    select
        '{{ dataset }}' as dataset,
        file_number,
        row_status as outcome,
        count(*) as row_count

    from screened_{{ dataset }}

    {% if dataset in kept -%}
    where row_status <> 'kept'

    {% endif -%}
    group by
        file_number,
        row_status

    union all

    {% endfor -%}

    {% for dataset in kept -%}
    select
        '{{ dataset }}' as dataset,
        file_number,
        'kept' as outcome,
        count(*) as row_count

    from kept_{{ dataset }}

    group by file_number

    union all

    {% endfor -%}

    select
        'order_products' as dataset,
        file_number,
        rejection_reason as outcome,
        count(*) as row_count

    from orphaned_order_products

    group by
        file_number,
        rejection_reason

),

named as (

    select
        outcomes.dataset,
        files.source_file,
        outcomes.outcome,
        outcomes.row_count

    from outcomes

    left join files
        on
            outcomes.dataset = files.dataset
            and outcomes.file_number = files.file_number

)

select * from named
