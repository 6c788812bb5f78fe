{% macro to_text(column) -%}
    case when not {{ is_missing(column) }} then trim({{ column }}) end
{%- endmacro %}


{#- A pattern, as DuckDB would join every row with a list of more than five words. #}
{% macro is_missing(column) -%}
    {%- set words = var('missing_words') | join('|') | replace('\\', '\\\\') -%}
    {{ matches_whole(column, '(?i)\\s*(?:' ~ words ~ ')?\\s*') }}
{%- endmacro %}


{% macro to_integer(column, usual=[]) -%}
    coalesce({{ canonical_integer(column, usual) }}, {{ other_integer(column) }})
{%- endmacro %}


{% macro canonical_integer(column, usual=[]) -%}
    case
        {%- for number in usual %}
        when {{ column }} = '{{ number }}' then {{ number }}
        {%- endfor %}
        when cast(try_cast({{ column }} as integer) as string) = {{ column }}
            then try_cast({{ column }} as integer)
    end
{%- endmacro %}


{% macro other_integer(column) -%}
    case
        when {{ is_plain_integer(column) }}
            then try_cast(trim({{ column }}) as integer)
        when {{ matches_whole(column, number_pattern(',', '(?:[.]0*)?')) }}
            then try_cast({{ digits("split_part(" ~ column ~ ", '.', 1)") }} as integer)
        when
            {{ matches_whole(column, number_pattern('.', ',0+')) }}
            or {{ has_many_groups(column, '.') }}
            then try_cast({{ digits("split_part(" ~ column ~ ", ',', 1)") }} as integer)
    end
{%- endmacro %}


{% macro is_plain_integer(column) -%}
    {{ matches_whole(column, '\\s*[+-]?[0-9]+([.]0*)?\\s*') }}
{%- endmacro %}


{% macro other_flag(column) -%}
    case
        when lower(trim({{ column }})) in ('true', 't', 'yes') then 1
        when lower(trim({{ column }})) in ('false', 'f', 'no') then 0
        else {{ other_integer(column) }}
    end
{%- endmacro %}


{% macro matches_whole(column, pattern) -%}
    {{ return(adapter.dispatch('matches_whole')(column, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches_whole(column, pattern) -%}
    regexp_full_match({{ column }}, '{{ pattern }}')
{%- endmacro %}


{% macro replace_all(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('replace_all')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro duckdb__replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}
