{% macro to_text(column) -%}
    case when not {{ is_missing(column) }} then {{ trimmed(column) }} end
{%- endmacro %}


{#- A pattern, as DuckDB would join every row with a list of more than five words. #}
{% macro is_missing(column) -%}
    {%- set words = var('missing_words') | join('|') | replace('\\', '\\\\') -%}
    {{ matches_whole(column, '(?i)\\s*(?:' ~ words ~ ')?\\s*') }}
{%- endmacro %}


{% macro to_integer(column) -%}
    coalesce({{ canonical_integer(column) }}, {{ other_integer(column) }})
{%- endmacro %}


{% macro canonical_integer(column, has_only_digits='false') -%}
    {%- set number = "try_cast(" ~ column ~ " as integer)" -%}
    case
        {#- Of digits alone, only a zero before others is not canonical. #}
        when {{ has_only_digits }} and {{ column }} >= '1' then {{ number }}
        when cast({{ number }} as string) = {{ column }} then {{ number }}
    end
{%- endmacro %}


{% macro listed_integer(column, texts) -%}
    case {{ column }}
        {%- for text in texts %}
        when '{{ text }}' then {{ text | float | int }}
        {%- endfor %}
    end
{%- endmacro %}


{% macro other_integer(column) -%}
    case
        when {{ is_plain_integer(column) }}
            then {{ whole_number(column) }}
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


{% macro other_flag(column, word) -%}
    case
        when {{ word }} in ('true', 't', 'yes') then 1
        when {{ word }} in ('false', 'f', 'no') then 0
        else {{ other_integer(column) }}
    end
{%- endmacro %}
