{#- Spark's try_cast makes null of 5.0, as that is no text of an integer. -#}
{% macro whole_number(text) -%}
    {{ return(adapter.dispatch('whole_number')(text)) }}
{%- endmacro %}

{% macro duckdb__whole_number(text) -%}
    try_cast({{ trimmed(text) }} as integer)
{%- endmacro %}

{% macro spark__whole_number(text) -%}
    try_cast(split_part({{ text }}, '.', 1) as integer)
{%- endmacro %}


{#- DuckDB reads 0x1F as a number; Spark converts digits, and stops if they are too many. -#}
{% macro hexadecimal_number(digits) -%}
    {{ return(adapter.dispatch('hexadecimal_number')(digits)) }}
{%- endmacro %}

{% macro duckdb__hexadecimal_number(digits) -%}
    try_cast('0x' || {{ digits }} as integer)
{%- endmacro %}

{% macro spark__hexadecimal_number(digits) -%}
    try_cast(
        conv({{ part_of(digits, '^0*([0-9a-fA-F]{1,8})\\z', 1) }}, 16, 10) as integer
    )
{%- endmacro %}


{#- Spark rounds the shortest text of a double, DuckDB its product with a power of ten: of
    2.675 they make 2.68 and 2.67 or the other way round. -#}
{% macro rounded(value, places) -%}
    {{ return(adapter.dispatch('rounded')(value, places)) }}
{%- endmacro %}

{% macro duckdb__rounded(value, places) -%}
    round({{ value }}, {{ places }})
{%- endmacro %}

{% macro spark__rounded(value, places) -%}
    round(({{ value }}) * 1e{{ places }}) / 1e{{ places }}
{%- endmacro %}
