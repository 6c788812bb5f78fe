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

{#- What decodes to & is a placeholder until all others are done, so that &amp;lt; becomes
    &lt; and no more. -#}
{% macro duckdb__decode_entities(text, entities) -%}
    {%- set mark = 'chr(57344)' -%}
    case
        when {{ text }} not like '%&%;%' then {{ text }}
        else replace(
            list_reduce(
                list_transform(
                    list_distinct(regexp_extract_all(
                        {{ text }}, '&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*);'
                    )),
                    lambda entity: [
                        entity,
                        replace({{ duckdb__entity_character('entity', entities) }}, '&', {{ mark }})
                    ]
                ),
                lambda done, decoded: [
                    replace(done[1], decoded[1], coalesce(decoded[2], decoded[1]))
                ],
                [{{ text }}]
            )[1],
            {{ mark }},
            '&'
        )
    end
{%- endmacro %}


{#- The character of one HTML entity, or null if it is none that a name can hold. -#}
{% macro duckdb__entity_character(entity, entities) -%}
    {%- set code_point -%}
        case
            when lower({{ entity }}) like '&#x%' then cast('0x' || {{ entity }}[4:-2] as integer)
            when {{ entity }} like '&#%' then cast({{ entity }}[3:-2] as integer)
            else coalesce(
                {{ entities }}[{{ entity }}[2:-2]], {{ entities }}[lower({{ entity }}[2:-2])]
            )
        end
    {%- endset -%}
    case
        when
            {{ code_point }} in (9, 10, 13)
            or {{ code_point }} between 32 and 126
            or {{ code_point }} between 160 and 55295
            or {{ code_point }} between 57345 and 1114111
            then chr({{ code_point }})
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
