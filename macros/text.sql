{% macro clean_name(name, entities) -%}
    nullif(trim({{ squeeze_blanks(
        "replace(" ~ decode_entities(name, entities) ~ ", chr(92) || '\"', '\"')"
    ) }}), '')
{%- endmacro %}


{% macro known_name(name) -%}
    case
        when {{ name }} not in ('{{ var("spreadsheet_errors") | join("', '") }}')
            then {{ name }}
    end
{%- endmacro %}


{% macro squeeze_blanks(text) -%}
    {{ return(adapter.dispatch('squeeze_blanks')(text)) }}
{%- endmacro %}

{% macro duckdb__squeeze_blanks(text) -%}
    regexp_replace({{ text }}, '[\s\x{00A0}]+', ' ', 'g')
{%- endmacro %}


{% macro decode_entities(text, entities) -%}
    {{ return(adapter.dispatch('decode_entities')(text, entities)) }}
{%- endmacro %}

{#- Only the beginning of what follows an & can be an entity. -#}
{% macro duckdb__decode_entities(text, entities) -%}
    {%- set parts = "string_split(" ~ text ~ ", '&')" -%}
    {%- set entity = '#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*' -%}
    case
        when not regexp_matches({{ text }}, '&[#A-Za-z]') then {{ text }}
        else {{ parts }}[1] || array_to_string(
            list_transform(
                list_transform(
                    {{ parts }}[2:],
                    lambda part: [regexp_extract(part, '^(?:{{ entity }});?'), part]
                ),
                lambda pair: {{ duckdb__decode_part('pair[1]', 'pair[2]', entities) }}
            ),
            ''
        )
    end
{%- endmacro %}


{#- Without a semicolon the longest name that needs none is decoded, which has 2 to 6
    letters. -#}
{% macro duckdb__decode_part(entity, part, entities) -%}
    case
        when {{ entity }} = '' then '&' || {{ part }}
        else coalesce(
            chr({{ duckdb__code_point(entity, entities) }})
            || substr({{ part }}, length({{ entity }}) + 1),
            {%- for length in [6, 5, 4, 3, 2] %}
            chr({{ entities }}[left({{ part }}, {{ length }})])
            || substr({{ part }}, {{ length + 1 }}),
            {%- endfor %}
            '&' || {{ part }}
        )
    end
{%- endmacro %}


{#- Null if it is no entity, or none that a name can hold. -#}
{% macro duckdb__code_point(entity, entities) -%}
    {%- set number -%}
        case
            when lower({{ entity }}) like '#x%'
                then try_cast('0x' || rtrim(substr({{ entity }}, 3), ';') as integer)
            when {{ entity }} like '#%'
                then try_cast(rtrim(substr({{ entity }}, 2), ';') as integer)
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


{% macro map_of(key, value) -%}
    {{ return(adapter.dispatch('map_of')(key, value)) }}
{%- endmacro %}

{% macro duckdb__map_of(key, value) -%}
    map(list({{ key }} order by {{ key }}), list({{ value }} order by {{ key }}))
{%- endmacro %}


{% macro usual_form(text, words, abbreviations={}) -%}
    case replace(replace(lower({{ squeeze_blanks(text) }}), ' /', '/'), '/ ', '/')
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
    lower({{ squeeze_blanks(text) }})
{%- endmacro %}
