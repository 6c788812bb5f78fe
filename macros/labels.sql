{% macro label(flag, measure) -%}
    case
        when {{ measure }} is null then '{{ var("unknown_label") }}'
        {%- for name, condition in var(flag) %}
        {%- if condition == 'otherwise' %}
        else '{{ name }}'
        {%- else %}
        when {{ measure }} {{ condition }} then '{{ name }}'
        {%- endif %}
        {%- endfor %}
    end
{%- endmacro %}


{% macro behaviour_label(flag, measure) -%}
    case
        when order_count = 0 then '{{ var("no_orders_label") }}'
        else {{ label(flag, measure) }}
    end
{%- endmacro %}


{% macro labels(flag) -%}
    {{ return(var(flag) | map('first') | list) }}
{%- endmacro %}


{% macro is_high_activity() -%}
    {%- set label = var('high_activity_label') -%}
    {%- if execute and label not in labels('activity_flag') -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected high_activity_label to be a label of"
            ~ " activity_flag, found " ~ label ~ "; name one of "
            ~ labels('activity_flag') | join(", ") ~ "."
        ) }}
    {%- endif -%}
    activity_flag = '{{ label }}'
{%- endmacro %}


{% macro quartiles(customers, measure) %}

    select
        percentile_cont(0.25) within group (order by {{ measure }}) as first_quartile,
        percentile_cont(0.75) within group (order by {{ measure }}) as third_quartile

    from {{ customers }}

    where {{ is_high_activity() }}
{% endmacro %}


{#- An interpolated quartile can miss an equal rate by the last digit of a double. Rates of
    up to 13,000 order products that differ from it do so by 1e-13 at least. -#}
{% macro snapped_to_quartiles(measure) -%}
    case
        when first_quartile is null then null
        when abs({{ measure }} - first_quartile) < 1e-13 then first_quartile
        when abs({{ measure }} - third_quartile) < 1e-13 then third_quartile
        else {{ measure }}
    end
{%- endmacro %}


{% macro is_analysed(eval_set) -%}
    {{- check_analysed_eval_sets() -}}
    {{ eval_set }} in ('{{ var("analysed_eval_sets") | join("', '") }}')
{%- endmacro %}


{% macro check_analysed_eval_sets() -%}
    {%- set known = ['prior', 'train', 'test'] -%}
    {%- set sets = var('analysed_eval_sets') -%}
    {%- if
        execute and (sets is string or not sets or sets | reject('in', known) | list)
    -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected analysed_eval_sets to list some of "
            ~ known | join(", ") ~ ", found " ~ sets
            ~ "; write [prior] for the population of published figures."
        ) }}
    {%- endif -%}
{%- endmacro %}


{% macro spend(total, has_prices) -%}
    case when {{ has_prices }} then coalesce({{ total }}, 0) end
{%- endmacro %}


{% macro is_valid_price(price) -%}
    {{ price }} between {{ var('lowest_valid_price') }} and {{ var('highest_valid_price') }}
{%- endmacro %}
