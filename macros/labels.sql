{#- The label that a measure earns under a flag's conditions (see vars), Unknown where
    the measure is null.

    flag: the var with labels and conditions.
    measure: a column or expression. -#}
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


{#- The same for what a customer did: a customer without analysed orders has a label of
    its own. Needs a column order_count beside it. -#}
{% macro behaviour_label(flag, measure) -%}
    case
        when order_count = 0 then '{{ var("no_orders_label") }}'
        else {{ label(flag, measure) }}
    end
{%- endmacro %}


{#- All labels of a flag, in the order of its conditions. -#}
{% macro labels(flag) -%}
    {{ return(var(flag) | map('first') | list) }}
{%- endmacro %}


{#- Whether a customer is of high activity. Needs a column activity_flag. -#}
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


{#- The quartiles of a measure: over customers, not over their order products, and of
    active ones only. One row, of nulls where there is nobody to measure.

    customers: a step with activity_flag.
    measure: a column of it. -#}
{% macro quartiles(customers, measure) %}

    select
        percentile_cont(0.25) within group (order by {{ measure }}) as first_quartile,
        percentile_cont(0.75) within group (order by {{ measure }}) as third_quartile

    from {{ customers }}

    where {{ is_high_activity() }}
{% endmacro %}


{#- Whether an order counts for customer metrics and reports. -#}
{% macro is_analysed(eval_set) -%}
    {{- check_analysed_eval_sets() -}}
    {{ eval_set }} in ('{{ var("analysed_eval_sets") | join("', '") }}')
{%- endmacro %}


{#- Stops where the var analysed_eval_sets would leave no order to count. -#}
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


{#- A sum of prices: 0 where nothing was bought, null where the catalogue has no prices. -#}
{% macro spend(total, has_prices) -%}
    case when {{ has_prices }} then coalesce({{ total }}, 0) end
{%- endmacro %}


{#- Whether a listed price can be right. -#}
{% macro is_valid_price(price) -%}
    {{ price }} between {{ var('lowest_valid_price') }} and {{ var('highest_valid_price') }}
{%- endmacro %}
