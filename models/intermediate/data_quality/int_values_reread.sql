{{ config(materialized='table') }}

{#- The columns of raw_row, in their order, and what the whole numbers among them became. -#}
{%- set datasets = {
    'orders': [
        ('order_id', 'order_id'),
        ('user_id', 'customer_id'),
        ('eval_set', none),
        ('order_number', 'order_number'),
        ('order_dow', 'day_of_week'),
        ('order_hour_of_day', 'hour_of_day'),
        ('days_since_prior_order', 'days_since_prior_order'),
    ],
    'order_products': [
        ('order_id', 'order_id'),
        ('product_id', 'product_id'),
        ('add_to_cart_order', 'cart_position'),
        ('reordered', 'cast(is_reordered as integer)'),
    ],
    'products': [
        ('product_id', 'product_id'),
        ('product_name', none),
        ('aisle_id', 'aisle_id'),
        ('department_id', 'department_id'),
    ],
    'departments': [('department_id', 'department_id')],
    'aisles': [('aisle_id', 'aisle_id')],
} -%}
{%- set customer_columns = {
    'user_id': 'customer_id',
    'gender': 'gender',
    'state': 'state',
    'age': 'age',
    'date_joined': 'date_joined',
    'n_dependants': 'dependants_count',
    'fam_status': 'family_status',
    'income': 'income',
} -%}

with

{% for dataset in datasets -%}
base_{{ dataset }} as (

    select * from {{ ref('base_instacart__' ~ dataset) }}

    where
        rejection_reason is null
        and raw_row is not null

),

{% endfor -%}

base_customers as (

    select * from {{ ref('base_instacart__customers') }}

    where rejection_reason is null

),

whole_numbers as (

    {% for dataset, columns in datasets.items() -%}
    {% set dataset_loop = loop -%}
    {% for column, value in columns -%}
    {% if value -%}
    select
        '{{ dataset }}' as dataset,
        '{{ column }}' as column_name,
        {{ columns[0][1] }} as row_id,
        {{ cell_of('raw_row', loop.index0) }} as raw_value,
        cast({{ value }} as string) as new_value

    from base_{{ dataset }}
    {%- if not (loop.last and dataset_loop.last) %}

    union all

    {% endif -%}
    {%- endif -%}
    {%- endfor -%}
    {%- endfor %}

),

-- Blank days are no value to read; nor is any other cell here blank.
reread_numbers as (

    select
        dataset,
        column_name,
        row_id,
        raw_value,
        new_value,
        new_value is null and not {{ is_missing('raw_value') }} as is_listed_each,
        case
            when {{ is_missing('raw_value') }} then 'Word for a missing value removed'
            when new_value is null
                then 'Days removed: of a first order, or a number for missing ones'
            when
                column_name = 'reordered'
                and {{ matches_whole('raw_value', '[^0-9]+') }}
                then 'Word read as 1 or 0'
            else 'Number in another notation read'
        end as repair

    from whole_numbers

    where
        {{ trimmed('raw_value') }} <> ''
        and (new_value is null or not {{ is_plain_integer('raw_value') }})

),

reread_eval_sets as (

    select
        'orders' as dataset,
        'eval_set' as column_name,
        order_id as row_id,
        {{ cell_of('raw_row', 2) }} as raw_value,
        eval_set as new_value,
        false as is_listed_each,
        'Word given its usual form' as repair

    from base_orders

    where {{ trimmed(cell_of('raw_row', 2)) }} <> eval_set

),

reread_prices as (

    select
        'products' as dataset,
        'prices' as column_name,
        product_id as row_id,
        price_text as raw_value,
        cast(cast(price as decimal(18, 2)) as string) as new_value,
        false as is_listed_each,
        'Number in another notation read' as repair

    from base_products

    where
        price is not null
        and {{ to_plain_decimal('price_text') }} is distinct from price

),

reread_customers as (

    {% for column, value in customer_columns.items() -%}
    select
        'customers' as dataset,
        '{{ column }}' as column_name,
        customer_id as row_id,
        {{ column }}_text as raw_value,
        cast({{ value }} as string) as new_value,
        false as is_listed_each,
        case
            when {{ value }} is null then 'Word for a missing value removed'
            {%- if column == 'date_joined' %}
            else 'Date in another notation read'
            {%- else %}
            else 'Number in another notation read'
            {%- endif %}
        end as repair

    from base_customers

    where {{ column }}_text is not null
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

reread as (

    select * from reread_numbers

    union all

    select * from reread_eval_sets

    union all

    select * from reread_prices

    union all

    select * from reread_customers

)

select * from reread
