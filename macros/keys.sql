{#- Two ids as one number, to group or join by: half the work of two columns. -#}
{% macro joint_key(first_id, second_id) -%}
    cast({{ first_id }} as bigint) * 4294967296 + {{ second_id }}
{%- endmacro %}


{#- Order and product as one number. -#}
{% macro order_product_key() -%}
    {{ joint_key('order_id', 'product_id') }}
{%- endmacro %}


{#- What makes a step be computed once, though several read it: DuckDB may else compute it
    for each. -#}
{% macro computed_once() -%}
    {{ return(' ' ~ adapter.dispatch('computed_once')()) }}
{%- endmacro %}

{% macro default__computed_once() -%}
{%- endmacro %}

{% macro duckdb__computed_once() -%}
    materialized
{%- endmacro %}


{#- What makes each reader of a step compute it: DuckDB may else keep all its rows in
    memory until the query ends, which costs more than to read a table again. -#}
{% macro computed_each_time() -%}
    {{ return(' ' ~ adapter.dispatch('computed_each_time')()) }}
{%- endmacro %}

{% macro default__computed_each_time() -%}
{%- endmacro %}

{% macro duckdb__computed_each_time() -%}
    not materialized
{%- endmacro %}
