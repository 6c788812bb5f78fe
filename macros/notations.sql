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
    try_cast({{ trimmed(column) }} as decimal(38, 20))
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
    {%- set currency = '(?:[A-Z]{0,2}[$]|\\p{Sc}|USD|CAD|AUD|EUR|GBP|CHF|INR|BRL|MXN|SEK|NOK|DKK|PLN|JPY)?' -%}
    {%- set blank = '[\\s\\x{00A0}\\x{202F}]' -%}
    {%- set blanks = blank ~ '*' -%}
    {%- set sign = '(?:[+-]?' ~ currency ~ blanks ~ '|' ~ currency ~ blanks ~ '[+-])' -%}
    {%- set whole = [] -%}
    {%- if group_mark -%}
        {%- do whole.append('[0-9]*') -%}
        {#- Of one kind in a number: 1 299,000 is 1299. #}
        {%- for mark in ['[' ~ group_mark ~ ']', '[\\x27\\x{2019}]', blank] -%}
            {%- do whole.append('[0-9]{1,3}(?:' ~ mark ~ '[0-9]{3})+') -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(
        '(?i)' ~ blanks ~ sign ~ '(?:' ~ whole | join('|') ~ ')' ~ fraction ~ blanks ~ currency ~ blanks
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
    {{ part_of(column, '([0-9]+)[-/.]([0-9]+)[-/.]([0-9]+)', number) }}
{%- endmacro %}


{% macro compact_date(column) -%}
    {%- set text = trimmed(column) -%}
    case
        when {{ matches_whole(text, '[0-9]{8}') }}
            then try_cast(
                concat_ws('-', substr({{ text }}, 1, 4), substr({{ text }}, 5, 2), substr({{ text }}, 7))
                as date
            )
    end
{%- endmacro %}


{% macro calendar_date(year, month, day) -%}
    try_cast(
        concat_ws('-', {{ year }}, lpad({{ month }}, 2, '0'), lpad({{ day }}, 2, '0'))
        as date
    )
{%- endmacro %}
