{#- DuckDB makes a map of two lists, Spark of one list of pairs. -#}
{% macro map_of(key, value) -%}
    {{ return(adapter.dispatch('map_of')(key, value)) }}
{%- endmacro %}

{% macro duckdb__map_of(key, value) -%}
    map(list({{ key }} order by {{ key }}), list({{ value }} order by {{ key }}))
{%- endmacro %}

{% macro spark__map_of(key, value) -%}
    map_from_entries(collect_list(struct({{ key }}, {{ value }})))
{%- endmacro %}
