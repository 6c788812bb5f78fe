{% macro bitmask_columns(group) -%}
    {%- set count = {'department': 1, 'price_range': 1, 'aisle': 3}[group] -%}
    {%- set columns = [] -%}
    {%- for number in range(count) -%}
        {%- do columns.append(group ~ '_bitmask_' ~ (number + 1)) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}


{% macro bitmask_of(group, position) -%}
    {%- set columns = bitmask_columns(group) -%}
    {%- for column in columns %}
    case
        when {{ position }} >= {{ columns | length * 63 }}
            then {{ failure(
                'expected at most ' ~ columns | length * 63 ~ ' ' ~ group ~ 's, found more;'
                ~ ' give them one more column in bitmask_columns of macros/bitmasks.sql.'
            ) }}
        when floor({{ position }} / 63) = {{ loop.index0 }}
            then {{ bit(position ~ ' % 63') }}
        else 0
    end as {{ column }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}


{% macro bitmask_union(group, rows) -%}
    {%- for column in bitmask_columns(group) %}
    bit_or({{ rows }}.{{ column }}) as {{ column }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}


{% macro bitmasks_overlap(group, set_a, set_b) -%}
    {%- set parts = [] -%}
    {%- for column in bitmask_columns(group) -%}
        {%- do parts.append('(' ~ set_a ~ '.' ~ column ~ ' & ' ~ set_b ~ '.' ~ column ~ ')') -%}
    {%- endfor -%}
    ({{ parts | join(' | ') }}) <> 0
{%- endmacro %}


{% macro bit(position) -%}
    {{ return(adapter.dispatch('bit')(position)) }}
{%- endmacro %}

{% macro default__bit(position) -%}
    shiftleft(cast(1 as bigint), cast({{ position }} as integer))
{%- endmacro %}

{% macro duckdb__bit(position) -%}
    cast(1 as bigint) << cast({{ position }} as integer)
{%- endmacro %}


{% macro failure(message) -%}
    {{ return(adapter.dispatch('failure')(message)) }}
{%- endmacro %}

{% macro default__failure(message) -%}
    raise_error({{ text_literal(message) }})
{%- endmacro %}

{% macro duckdb__failure(message) -%}
    error({{ text_literal(message) }})
{%- endmacro %}
