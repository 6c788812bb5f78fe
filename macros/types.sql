{#- Text to typed values. A value that is not what it should be becomes null, never
    another value; integer_problem and its like say so. -#}

{#- Text without blanks around it, or null where nothing is left. -#}
{% macro to_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}


{#- Text to an integer: 7, 07 and 7.0, but not 7.6.
    DuckDB's try_cast rounds '2.6' to 3, so the text is checked as well; the first
    branch spares most rows the regular expression.

    usual: numbers that almost all rows have, looked for before anything is cast. -#}
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


{#- Text to a decimal number: 4, 4.5 and -4.50, but not $4.5. Twenty places, so that no
    price that is too low is rounded up to a valid one. -#}
{% macro to_decimal(column) -%}
    case
        when {{ matches_whole(column, '\\s*[+-]?[0-9]*[.]?[0-9]+[.]?\\s*') }}
            then try_cast(trim({{ column }}) as decimal(38, 20))
    end
{%- endmacro %}


{#- Text to a date: 1/31/2017 as the course writes it, or 2017-01-31. -#}
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


{#- Whether a regular expression matches a whole text. -#}
{% macro matches_whole(column, pattern) -%}
    {{ return(adapter.dispatch('matches_whole')(column, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches_whole(column, pattern) -%}
    regexp_full_match({{ column }}, '{{ pattern }}')
{%- endmacro %}
