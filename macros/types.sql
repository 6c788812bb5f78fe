{% macro to_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}


{% macro to_integer(column, usual=[]) -%}
    case
        {%- for number in usual %}
        when {{ column }} = '{{ number }}' then {{ number }}
        {%- endfor %}
        when cast(try_cast({{ column }} as integer) as string) = {{ column }}
            then try_cast({{ column }} as integer)
        when {{ matches_whole(column, '\\s*[+-]?[0-9]+([.]0*)?\\s*') }}
            then try_cast(trim({{ column }}) as integer)
    end
{%- endmacro %}


{% macro to_decimal(column) -%}
    case
        when {{ matches_whole(column, '\\s*[+-]?[0-9]*[.]?[0-9]+[.]?\\s*') }}
            then try_cast(trim({{ column }}) as decimal(38, 20))
    end
{%- endmacro %}


{% macro to_date(column) -%}
    {{ return(adapter.dispatch('to_date')(column)) }}
{%- endmacro %}

{% macro duckdb__to_date(column) -%}
    case
        when {{ matches_whole(
            column,
            '\\s*([0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})\\s*'
        ) }}
            then cast(try_strptime(trim({{ column }}), ['%m/%d/%Y', '%Y-%m-%d']) as date)
    end
{%- endmacro %}


{% macro matches_whole(column, pattern) -%}
    {{ return(adapter.dispatch('matches_whole')(column, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches_whole(column, pattern) -%}
    regexp_full_match({{ column }}, '{{ pattern }}')
{%- endmacro %}
