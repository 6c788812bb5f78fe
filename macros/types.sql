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


{% macro to_decimal(column, decimal_mark="'.'") -%}
    case
        when {{ has_one_group(column, ',') }}
            then case {{ decimal_mark }}
                when '.' then {{ decimal_of(column, '.') }}
                when ',' then {{ decimal_of(column, ',') }}
            end
        when {{ decimal_mark }} = ',' and {{ has_point_groups(column) }}
            then {{ decimal_of(column, ',') }}
        when {{ is_plain_decimal(column) }}
            then {{ to_plain_decimal(column) }}
        when {{ matches_whole(column, number_pattern(',', '(?:[.][0-9]*)?')) }}
            then {{ decimal_of(column, '.') }}
        when
            {{ matches_whole(column, number_pattern('.', ',[0-9]+')) }}
            or {{ has_many_groups(column, '.') }}
            then {{ decimal_of(column, ',') }}
    end
{%- endmacro %}


{% macro decimal_of(column, mark) -%}
    {%- set kept = replace_all(column, '[^0-9' ~ mark ~ '-]', '') -%}
    try_cast(replace({{ kept }}, ',', '.') as decimal(38, 20))
{%- endmacro %}


{% macro to_plain_decimal(column) -%}
    try_cast(trim({{ column }}) as decimal(38, 20))
{%- endmacro %}


{% macro is_plain_decimal(column) -%}
    {{ matches_whole(column, '\\s*[+-]?[0-9]*[.]?[0-9]+[.]?\\s*') }}
{%- endmacro %}


{#- Only one mark of decimals fits such a number, as three digits after a mark may be a group. #}
{% macro proven_decimal_mark(column) -%}
    case
        when {{ has_one_group(column, ',') }} or {{ has_one_group(column, '.') }} then null
        when {{ has_many_groups(column, ',') }} then '.'
        when {{ has_many_groups(column, '.') }} then ','
        when {{ matches_whole(column, number_pattern(',', '[.][0-9]*')) }} then '.'
        when {{ matches_whole(column, number_pattern('.', ',[0-9]+')) }} then ','
    end
{%- endmacro %}


{% macro decimal_mark(proven_mark, per) -%}
    case
        when
            min({{ proven_mark }}) over (partition by {{ per }})
            = max({{ proven_mark }}) over (partition by {{ per }})
            then min({{ proven_mark }}) over (partition by {{ per }})
    end
{%- endmacro %}


{% macro has_one_group(column, mark) -%}
    {{ matches_whole(column, number_pattern(none, '[0-9]{1,3}[' ~ mark ~ '][0-9]{3}')) }}
{%- endmacro %}


{% macro has_many_groups(column, mark) -%}
    {{ matches_whole(column, number_pattern(none, '[0-9]{1,3}(?:[' ~ mark ~ '][0-9]{3}){2,}')) }}
{%- endmacro %}


{% macro has_point_groups(column) -%}
    {{ matches_whole(column, number_pattern(none, '[0-9]{1,3}(?:[.][0-9]{3})+')) }}
{%- endmacro %}


{% macro number_pattern(group_mark, fraction) -%}
    {%- set currency = '(?:(?:US|CA)?[$]|[€£]|USD|CAD|EUR|GBP)?' -%}
    {%- set blanks = '[\\s\\x{00A0}\\x{202F}]*' -%}
    {%- set whole = '(?:[0-9]*|[0-9]{1,3}(?:[' ~ group_mark ~ '\\x27\\x{2019}\\s\\x{00A0}\\x{202F}][0-9]{3})+)'
        if group_mark else '' -%}
    {{ return(
        '(?i)' ~ blanks ~ '[+-]?' ~ currency ~ blanks ~ '[+-]?' ~ whole ~ fraction ~ blanks ~ currency ~ blanks
    ) }}
{%- endmacro %}


{% macro digits(text) -%}
    {{ replace_all(text, '[^0-9-]', '') }}
{%- endmacro %}


{% macro is_plain_date(column) -%}
    {{ matches_whole(
        column, '\\s*([0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})\\s*'
    ) }}
{%- endmacro %}


{#- Such as 1/31/2017, 31.1.2017 or 31-01-2017 00:00: which part is the month is to be found. #}
{% macro is_year_last(column) -%}
    {{ matches_whole(
        column,
        '\\s*([0-9]{1,2}/[0-9]{1,2}/|[0-9]{1,2}-[0-9]{1,2}-|[0-9]{1,2}[.][0-9]{1,2}[.])[0-9]{4}'
        ~ time_pattern()
    ) }}
{%- endmacro %}


{% macro is_year_first(column) -%}
    {{ matches_whole(column, '\\s*[0-9]{4}([-/.][0-9]{1,2}){2}' ~ time_pattern()) }}
{%- endmacro %}


{% macro time_pattern() -%}
    {{ return(
        '([T\\s]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?\\s*([AaPp][Mm])?'
        ~ '\\s*(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?\\s*'
    ) }}
{%- endmacro %}


{% macro date_part(column, number) -%}
    regexp_extract({{ column }}, '([0-9]+)[-/.]([0-9]+)[-/.]([0-9]+)', {{ number }})
{%- endmacro %}


{% macro calendar_date(year, month, day) -%}
    try_cast(
        concat_ws('-', {{ year }}, lpad({{ month }}, 2, '0'), lpad({{ day }}, 2, '0'))
        as date
    )
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
