{% macro clean_name(name, entities) -%}
    nullif({{ trimmed(squeeze_blanks(
        "replace(" ~ decode_entities(name, entities) ~ ", chr(92) || '\"', '\"')"
    )) }}, '')
{%- endmacro %}


{% macro known_name(name) -%}
    case
        when {{ name }} not in ('{{ var("spreadsheet_errors") | join("', '") }}')
            then {{ name }}
    end
{%- endmacro %}


{% macro squeeze_blanks(text) -%}
    {{ replace_all(text, '[\\s\\x{00A0}]+', ' ') }}
{%- endmacro %}


{#- Only the beginning of what follows an & can be an entity. -#}
{% macro entity_of(part) -%}
    {{ part_of(part, '^(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);?') }}
{%- endmacro %}


{#- Without a semicolon the longest name that needs none is decoded, which has 2 to 6
    letters. -#}
{% macro decoded_part(entity, part, entities) -%}
    case
        when {{ entity }} = '' then '&' || {{ part }}
        else coalesce(
            {{ character(code_point_of(entity, entities)) }}
            || substr({{ part }}, length({{ entity }}) + 1),
            {%- for length in [6, 5, 4, 3, 2] %}
            {{ character(entities ~ '[left(' ~ part ~ ', ' ~ length ~ ')]') }}
            || substr({{ part }}, {{ length + 1 }}),
            {%- endfor %}
            '&' || {{ part }}
        )
    end
{%- endmacro %}


{#- Null if it is no entity, or none that a name can hold. -#}
{% macro code_point_of(entity, entities) -%}
    {%- set digits = "replace(" ~ entity ~ ", ';', '')" -%}
    {%- set number -%}
        case
            when lower({{ entity }}) like '#x%'
                then {{ hexadecimal_number('substr(' ~ digits ~ ', 3)') }}
            when {{ entity }} like '#%'
                then try_cast(substr({{ digits }}, 2) as integer)
        end
    {%- endset -%}
    case
        when {{ number }} between 128 and 159
            then {{ entities }}['#' || {{ number }} || ';']
        when
            {{ number }} in (9, 10, 12, 13)
            or {{ number }} between 32 and 126
            or {{ number }} between 160 and 55295
            or {{ number }} between 57344 and 1114111
            then {{ number }}
        when {{ entity }} like '%;'
            then coalesce({{ entities }}[{{ entity }}], {{ entities }}[lower({{ entity }})])
    end
{%- endmacro %}


{% macro usual_form(text, words, abbreviations={}) -%}
    case replace(replace({{ lower_case(squeeze_blanks(text)) }}, ' /', '/'), '/ ', '/')
        {%- for word in words if word not in abbreviations %}
        when '{{ word | lower }}' then '{{ word }}'
        {%- endfor %}
        {%- for abbreviation, word in abbreviations.items() %}
        when '{{ abbreviation | lower }}' then '{{ word }}'
        {%- endfor %}
    end
{%- endmacro %}


{% macro usual_gender(text) -%}
    {{ usual_form(text, var('known_genders'), var('gender_abbreviations')) }}
{%- endmacro %}


{% macro usual_family_status(text) -%}
    {{ usual_form(text, var('known_family_statuses')) }}
{%- endmacro %}


{% macro state_words(states) %}

    select
        lower(state) as word,
        state,
        region

    from {{ states }}

    union all

    select
        lower(abbreviation) as word,
        state,
        region

    from {{ states }}
{% endmacro %}


{% macro state_word(text) -%}
    {{ lower_case(squeeze_blanks(text)) }}
{%- endmacro %}
