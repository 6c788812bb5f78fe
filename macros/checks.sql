{% macro integer_problem(column, number=none, minimum=none, maximum=none, required=true) -%}
    {%- set number = number or to_integer(column) -%}
    {#- Almost all values are good, so this is checked first. #}
    case
        when {{ within_bounds(number, minimum, maximum) }}
            then null
        when {{ number }} is null
            then case
                {#- A number too large for an integer column is still a whole number. #}
                when {{ matches_whole(column, '\\s*[+]?[0-9]+([.]0*)?\\s*') }}
                    then '{{ column }} is above {{ maximum or 2147483647 }}'
                when {{ matches_whole(column, '\\s*-[0-9]+([.]0*)?\\s*') }}
                    then '{{ column }} is below {{ minimum if minimum is not none else -2147483648 }}'
                else {{ unreadable_value_problem(column, 'is not a whole number', required) }}
            end
        {%- if minimum is not none %}
        when {{ number }} < {{ minimum }}
            then '{{ column }} is below {{ minimum }}'
        {%- endif %}
        {%- if maximum is not none %}
        when {{ number }} > {{ maximum }}
            then '{{ column }} is above {{ maximum }}'
        {%- endif %}
    end
{%- endmacro %}


{% macro within_bounds(number, minimum=none, maximum=none) -%}
    {%- set bounds = [] -%}
    {%- if minimum is not none %}{% do bounds.append(number ~ ' >= ' ~ minimum) %}{% endif -%}
    {%- if maximum is not none %}{% do bounds.append(number ~ ' <= ' ~ maximum) %}{% endif -%}
    {{ bounds | join(' and ') or number ~ ' is not null' }}
{%- endmacro %}


{% macro date_problem(column, date) -%}
    case
        when {{ date }} is null
            then {{ unreadable_value_problem(column, 'is not a date', false) }}
    end
{%- endmacro %}


{% macro text_problem(column) -%}
    case when {{ to_text(column) }} is null then '{{ column }} is missing' end
{%- endmacro %}


{% macro member_problem(column, members, text=none, required=true) -%}
    {%- set text = text or to_text(column) -%}
    case
        when {{ text }} not in ('{{ members | join("', '") }}')
            then '{{ column }} is not one of {{ members | join(", ") }}'
        {%- if required %}
        when {{ text }} is null then '{{ column }} is missing'
        {%- endif %}
    end
{%- endmacro %}


{% macro unreadable_value_problem(column, problem, required) -%}
    case
        when {{ to_text(column) }} is not null then '{{ column }} {{ problem }}'
        {%- if required %}
        else '{{ column }} is missing'
        {%- endif %}
    end
{%- endmacro %}


{% macro first_integer_problem(integers) -%}
    {%- set bounds = [] -%}
    {%- set problems = [] -%}
    {%- for integer in integers -%}
        {%- do bounds.append(within_bounds(
            integer.number, integer.get('minimum'), integer.get('maximum')
        )) -%}
        {%- do problems.append(integer_problem(**integer)) -%}
    {%- endfor -%}
    case
        when {{ bounds | join(' and ') }}
            then null
        else {{ first_problem(problems) }}
    end
{%- endmacro %}


{% macro unless(condition, problem) -%}
    case when not coalesce({{ condition }}, false) then {{ problem }} end
{%- endmacro %}


{% macro first_problem(problems) -%}
    coalesce(
        {{ problems | join(',\n        ') }}
    )
{%- endmacro %}


{% macro usual_hour(hour) -%}
    lpad(cast({{ hour }} as string), 2, '0')
{%- endmacro %}


{% macro usual_days(days) -%}
    cast({{ days }} as string) || '.0'
{%- endmacro %}


{% macro csv_row(columns) -%}
    concat_ws(
        ','
        {%- for column in columns %},
        {{ csv_cell(column) }}
        {%- endfor %}
    )
{%- endmacro %}


{% macro csv_cell(column) -%}
    {%- set text = "coalesce(cast(" ~ column ~ " as string), '')" -%}
    case
        when {{ text }} like '%,%' or {{ text }} like '%"%'
            then concat('"', replace({{ text }}, '"', '""'), '"')
        else {{ text }}
    end
{%- endmacro %}


{#- A cell of a row of csv_row, by its number from 0. #}
{% macro cell_of(row, number) -%}
    {%- set cell = '("[^"]*(?:""[^"]*)*"|[^",]*)' -%}
    {%- set pattern = '^(?:' ~ cell ~ ',){' ~ number ~ '}' ~ cell -%}
    trim(both '"' from {{ part_of(row, pattern, 2) }})
{%- endmacro %}


{% macro redacted_row(text) -%}
    {{ part_of("coalesce(" ~ text ~ ", '')", '^[\\s"]*([0-9]*)', 1) }}
{%- endmacro %}


{% macro raw_row(columns) -%}
    case
        when rejection_reason is not null and {{ is_customer_row(csv_row(columns)) }}
            then {{ redacted_row(csv_row(columns)) }}
        else {{ csv_row(columns) }}
    end
{%- endmacro %}


{#- No other file has a cell like these. -#}
{% macro is_customer_row(text) -%}
    {%- set words = var('gender_abbreviations').values() | list
        + var('known_family_statuses') -%}
    {%- set date = '[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}|[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}' -%}
    {{ matches_whole(
        text,
        '(?is)(.*[,;|\\t])?[\\s"]*(' ~ words | join('|') ~ '|' ~ date ~ ')[\\s"]*([,;|\\t].*)?'
    ) }}
{%- endmacro %}


{% macro keep_unreadable_rows(table, is_private=false) -%}
    {%- set lines = unreadable_lines(table) -%}
    {%- if lines -%}
    insert into {{ this }} by name
    with

    lines as (
        {{ lines }}
    ),

    {#- Where quotes are broken, a line stands in quotes as a whole: a single cell. #}
    described as (

        select
            *,
            error_type = 'MISSING COLUMNS'
            and line like '"%""%"'
            and replace({{ inner_text('line') }}, '""', '') not like '%"%'
                as is_quoted_whole

        from lines

    )

    select
        file_number,
        case
            when is_quoted_whole then 'broken quotes'
            when error_type = 'MISSING COLUMNS' then 'too few columns'
            when error_type = 'TOO MANY COLUMNS' then 'too many columns'
            when error_type = 'UNQUOTED VALUE' then 'broken quotes'
            when error_type = 'INVALID ENCODING' then 'not UTF-8'
            else lower(error_type)
        end as rejection_reason,
        {%- if is_private %}
        {#- In another column's place, the number that a line begins with is not the id. #}
        case
            when first_column = 'user_id' then {{ redacted_row('line') }}
            else ''
        end as raw_row
        {%- else %}
        case
            when {{ is_customer_row('line') }} then {{ redacted_row('line') }}
            when is_quoted_whole then replace({{ inner_text('line') }}, '""', '"')
            else line
        end as raw_row
        {%- endif %}

    from described
    {%- endif -%}
{%- endmacro %}


{#- A text without its first and last character. -#}
{% macro inner_text(text) -%}
    substr({{ text }}, 2, length({{ text }}) - 2)
{%- endmacro %}


{% macro copy_number(columns) -%}
    cast(
        row_number() over (
            partition by {{ columns | join(', ') }}
            order by file_number, coalesce(raw_row, '')
        )
        as bigint
    )
{%- endmacro %}


{% macro row_status(key, columns) -%}
    case
        when
            row_number() over (
                partition by {{ key | join(', ') }}
                order by
                    {%- for column in columns %}
                    {{ column }} asc nulls last,
                    {%- endfor %}
                    copy_number asc
            ) = 1
            then 'kept'
        when copy_number > 1 then 'duplicate'
        else 'conflict'
    end
{%- endmacro %}


{% macro conflict_reason(key) -%}
    '{{ key }} appears in another row with other values, which was kept'
{%- endmacro %}
