{#- Makes DuckDB compute a CTE once, although several others read it. -#}
{% macro materialized_hint() -%}
    {{ return(' ' ~ adapter.dispatch('materialized_hint')()) }}
{%- endmacro %}

{% macro default__materialized_hint() -%}
{%- endmacro %}

{% macro duckdb__materialized_hint() -%}
    materialized
{%- endmacro %}


{#- Makes DuckDB compute a CTE for each of its readers, instead of keeping all its rows in
    memory until the query ends. -#}
{% macro not_materialized_hint() -%}
    {{ return(' ' ~ adapter.dispatch('not_materialized_hint')()) }}
{%- endmacro %}

{% macro default__not_materialized_hint() -%}
{%- endmacro %}

{% macro duckdb__not_materialized_hint() -%}
    not materialized
{%- endmacro %}
