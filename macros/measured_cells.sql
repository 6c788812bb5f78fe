{% macro is_check_forced() -%}
    {%- set forced = var('force_published_figures_check') -%}
    {%- if forced is not boolean -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected force_published_figures_check to be true or false,"
            ~ " found " ~ forced ~ "; write one of the two without quotes."
        ) }}
    {%- endif -%}
    {{ forced }}
{%- endmacro %}


{% macro measured_cells(
    metric, rows, dimension="'all'", measure='count(*)', condition='true'
) %}

    select
        '{{ metric }}' as metric,
        cast({{ dimension }} as string) as dimension,
        cast({{ measure }} as double) as actual

    from {{ rows }}

    where {{ condition }}

    group by {{ dimension }}
{% endmacro %}


{% macro published_customer_cells(customers, active_customers) %}
    {{ measured_cells('customers', customers) }}
    union all
    {{ measured_cells(
        'customers', customers, "'with orders'", condition='order_count > 0'
    ) }}
    union all
    {{ measured_cells('customers', active_customers, "'active'") }}
    union all
    {{ measured_cells('customers by prior orders', customers, 'order_count') }}
    union all
    {{ measured_cells(
        'customers by age', customers, 'age', condition='age is not null'
    ) }}
    {% for population, rows in [
        ('customers', customers), ('active customers', active_customers)
    ] %}
    union all
    {{ measured_cells(
        population ~ ' by state',
        rows,
        'state',
        condition="state <> '" ~ var('unknown_label') ~ "'",
    ) }}
    union all
    {{ measured_cells(
        population ~ ' by dependants',
        rows,
        'dependants_count',
        condition='dependants_count is not null',
    ) }}
    {% endfor %}
    {% for dimension, measure in {
        'mean': 'avg(income)',
        'first quartile': 'percentile_cont(0.25) within group (order by income)',
        'median': 'percentile_cont(0.5) within group (order by income)',
        'third quartile': 'percentile_cont(0.75) within group (order by income)',
    }.items() %}
    union all
    {{ measured_cells(
        'income',
        customers,
        "'" ~ dimension ~ "'",
        measure,
        condition='income is not null',
    ) }}
    {% endfor %}
    union all
    {{ measured_cells(
        'correlation of age and income',
        customers,
        measure='corr(age, income)',
        condition='income is not null',
    ) }}
{% endmacro %}


{% macro published_order_cells(orders, analysed_orders) %}
    {{ measured_cells('orders', orders) }}
    union all
    {{ measured_cells('orders', orders, 'eval_set') }}
    union all
    {{ measured_cells(
        'orders',
        orders,
        "'without days since prior order'",
        condition='days_since_prior_order is null',
    ) }}
    union all
    {{ measured_cells('orders by hour', orders, 'hour_of_day') }}
    union all
    {{ measured_cells('orders by weekday', orders, 'day_of_week') }}
    union all
    {{ measured_cells(
        'orders by days since prior order',
        orders,
        'days_since_prior_order',
        condition='days_since_prior_order is not null',
    ) }}
    {% for size in range(1, 6) %}
    union all
    {{ measured_cells(
        'prior orders of at least so many products',
        analysed_orders,
        "'" ~ size ~ "'",
        condition='product_count >= ' ~ size,
    ) }}
    {% endfor %}
    {% for percent in [5, 25, 50, 75, 90, 95, 99, 99.9] %}
    union all
    {{ measured_cells(
        'products per prior order after the first',
        analysed_orders,
        "'p" ~ percent ~ "'",
        'percentile_cont(' ~ percent / 100 ~ ') within group (order by product_count)',
        condition='not is_first_order',
    ) }}
    {% endfor %}
    union all
    {{ measured_cells(
        'largest prior order', analysed_orders, measure='max(product_count)'
    ) }}
    union all
    {{ measured_cells(
        'train order products',
        orders,
        measure='sum(product_count)',
        condition="eval_set = 'train' and product_count > 0",
    ) }}
{% endmacro %}


{#- A var as text: parts of a list are separated by semicolons, a label and its condition
    by a blank. Compared with the seed published_vars.

    name: of the var. -#}
{% macro var_text(name) -%}
    {%- set value = var(name) -%}
    {%- set parts = [value] if value is string or value is not iterable else value -%}
    {%- for part in parts -%}
        {{ part if part is string or part is not iterable else part | join(' ') }}
        {{- '; ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
