{#- Spark has no such hints. -#}
{% macro materialized_hint() -%}
    {{ return(' ' ~ adapter.dispatch('materialized_hint')()) }}
{%- endmacro %}

{% macro default__materialized_hint() -%}
{%- endmacro %}

{% macro duckdb__materialized_hint() -%}
    materialized
{%- endmacro %}


{#- Spark has no such hints. -#}
{% macro not_materialized_hint() -%}
    {{ return(' ' ~ adapter.dispatch('not_materialized_hint')()) }}
{%- endmacro %}

{% macro default__not_materialized_hint() -%}
{%- endmacro %}

{% macro duckdb__not_materialized_hint() -%}
    not materialized
{%- endmacro %}
