{#- A set of departments, price ranges or aisles as the bits of numbers, one bit each. Sets
    are joined by bit_or and searched by `&`, which takes a third of the work of a row per order
    and department, or aisle.

    A bigint holds 63 bits: of 134 aisles three are needed, of the rest one. -#}

{#- The columns that hold a set. -#}
{% macro bitmask_columns(group) -%}
    {%- set count = {'department': 1, 'price_range': 1, 'aisle': 3}[group] -%}
    {%- set columns = [] -%}
    {%- for number in range(count) -%}
        {%- do columns.append(group ~ '_bitmask_' ~ (number + 1)) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}


{#- The set of one thing, from its position (0 on) among all of its group. More than fit are
    refused, not left out. -#}
{% macro bitmask_of(group, position) -%}
    {%- set columns = bitmask_columns(group) -%}
    {%- for column in columns %}
    case
        when {{ position }} >= {{ columns | length * 63 }}
            then {{ failure(
                'There are more than ' ~ columns | length * 63 ~ ' of ' ~ group
                ~ ': give them one more column in bitmask_columns of macros/bitmasks.sql.'
            ) }}
        when floor({{ position }} / 63) = {{ loop.index0 }}
            then {{ bit(position ~ ' % 63') }}
        else 0
    end as {{ column }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}


{#- The set of all that is in one of the rows' sets. -#}
{% macro bitmask_union(group, rows) -%}
    {%- for column in bitmask_columns(group) %}
    bit_or({{ rows }}.{{ column }}) as {{ column }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}


{#- Whether two sets have something in common, or one holds the other's one thing. -#}
{% macro bitmasks_overlap(group, set_a, set_b) -%}
    {%- set parts = [] -%}
    {%- for column in bitmask_columns(group) -%}
        {%- do parts.append('(' ~ set_a ~ '.' ~ column ~ ' & ' ~ set_b ~ '.' ~ column ~ ')') -%}
    {%- endfor -%}
    ({{ parts | join(' | ') }}) <> 0
{%- endmacro %}


{#- A number with only that bit. -#}
{% macro bit(position) -%}
    {{ return(adapter.dispatch('bit')(position)) }}
{%- endmacro %}

{% macro default__bit(position) -%}
    shiftleft(cast(1 as bigint), cast({{ position }} as integer))
{%- endmacro %}

{% macro duckdb__bit(position) -%}
    cast(1 as bigint) << cast({{ position }} as integer)
{%- endmacro %}


{#- Stops the query with a message. -#}
{% macro failure(message) -%}
    {{ return(adapter.dispatch('failure')(message)) }}
{%- endmacro %}

{% macro default__failure(message) -%}
    raise_error({{ text_literal(message) }})
{%- endmacro %}

{% macro duckdb__failure(message) -%}
    error({{ text_literal(message) }})
{%- endmacro %}
