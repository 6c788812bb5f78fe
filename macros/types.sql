{% macro to_text(column) -%}
    case when not {{ is_missing(column) }} then trim({{ column }}) end
{%- endmacro %}


{% macro is_missing(column) -%}
    lower(trim({{ column }})) in ('', '{{ var("missing_words") | join("', '") | lower }}')
{%- endmacro %}


{% macro to_integer(column, usual=[], is_point_grouped=none) -%}
    case
        {%- for number in usual %}
        when {{ column }} = '{{ number }}' then {{ number }}
        {%- endfor %}
        {%- if is_point_grouped %}
        when {{ is_point_grouped }} and {{ has_point_groups(column) }}
            then try_cast({{ digits(column) }} as integer)
        {%- endif %}
        when cast(try_cast({{ column }} as integer) as string) = {{ column }}
            then try_cast({{ column }} as integer)
        when {{ is_plain_integer(column) }}
            then try_cast(trim({{ column }}) as integer)
        when {{ matches_whole(column, number_pattern(',', '(?:[.]0*)?')) }}
            then try_cast({{ digits("split_part(" ~ column ~ ", '.', 1)") }} as integer)
        when {{ matches_whole(column, number_pattern('.', ',0+')) }}
            then try_cast({{ digits("split_part(" ~ column ~ ", ',', 1)") }} as integer)
    end
{%- endmacro %}


{% macro is_plain_integer(column) -%}
    {{ matches_whole(column, '\\s*[+-]?[0-9]+([.]0*)?\\s*') }}
{%- endmacro %}


{% macro to_flag(column) -%}
    case lower(trim({{ column }}))
        when 'true' then 1
        when 'false' then 0
        when 't' then 1
        when 'f' then 0
        when 'yes' then 1
        when 'no' then 0
        else {{ to_integer(column) }}
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


{% macro to_date(column, is_day_first='false') -%}
    {%- set parts = date_parts_pattern() -%}
    {%- set first -%} regexp_extract({{ column }}, '{{ parts }}', 1) {%- endset -%}
    {%- set second -%} regexp_extract({{ column }}, '{{ parts }}', 2) {%- endset -%}
    {%- set third -%} regexp_extract({{ column }}, '{{ parts }}', 3) {%- endset -%}
    case
        when {{ is_year_last(column) }}
            then case
                when {{ is_day_first }} then {{ calendar_date(third, second, first) }}
                else {{ calendar_date(third, first, second) }}
            end
        when {{ matches_whole(column, '\\s*[0-9]{4}([-/.][0-9]{1,2}){2}' ~ time_pattern()) }}
            then {{ calendar_date(first, second, third) }}
        when {{ matches_whole(column, '\\s*[0-9]{8}\\s*') }}
            then try_cast(concat_ws(
                '-',
                substr(trim({{ column }}), 1, 4),
                substr(trim({{ column }}), 5, 2),
                substr(trim({{ column }}), 7, 2)
            ) as date)
    end
{%- endmacro %}


{% macro is_plain_date(column) -%}
    {{ matches_whole(
        column, '\\s*([0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})\\s*'
    ) }}
{%- endmacro %}


{#- A part above 12 is no month; and no country writes the month first between points. #}
{% macro proven_date_order(column) -%}
    case
        when not {{ is_year_last(column) }} then null
        when {{ column }} like '%.%.%' and {{ to_date(column, 'true') }} is not null
            then 'day first'
        when {{ to_date(column, 'false') }} is null and {{ to_date(column, 'true') }} is not null
            then 'day first'
        when {{ to_date(column, 'true') }} is null and {{ to_date(column, 'false') }} is not null
            then 'month first'
    end
{%- endmacro %}


{% macro is_year_last(column) -%}
    {{ matches_whole(
        column,
        '\\s*([0-9]{1,2}/[0-9]{1,2}/|[0-9]{1,2}-[0-9]{1,2}-|[0-9]{1,2}[.][0-9]{1,2}[.])[0-9]{4}'
        ~ time_pattern()
    ) }}
{%- endmacro %}


{% macro date_parts_pattern() -%}
    {{ return('([0-9]+)[-/.]([0-9]+)[-/.]([0-9]+)') }}
{%- endmacro %}


{% macro time_pattern() -%}
    {{ return(
        '([T\\s]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?\\s*([AaPp][Mm])?'
        ~ '\\s*(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?\\s*'
    ) }}
{%- endmacro %}


{% macro calendar_date(year, month, day) -%}
    try_cast(concat_ws('-', {{ year }}, lpad({{ month }}, 2, '0'), lpad({{ day }}, 2, '0')) as date)
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
