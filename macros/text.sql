{#- A product's name without the marks of its travels: HTML entities decoded, the
    backslash before a quote removed, runs of blanks squeezed; null where nothing is left.

    name: the listed name.
    entities: a map from the names of HTML entities to their characters. -#}
{% macro clean_name(name, entities) -%}
    nullif(trim({{ squeeze_blanks(
        "replace(" ~ decode_entities(name, entities) ~ ", chr(92) || '\"', '\"')"
    ) }}), '')
{%- endmacro %}


{#- A product's name, or null for what a spreadsheet leaves where it could not read one. -#}
{% macro known_name(name) -%}
    case
        when {{ name }} not in ('{{ var("spreadsheet_errors") | join("', '") }}')
            then {{ name }}
    end
{%- endmacro %}


{#- Runs of blanks, tabs, line breaks and no-break spaces as one blank. -#}
{% macro squeeze_blanks(text) -%}
    {{ return(adapter.dispatch('squeeze_blanks')(text)) }}
{%- endmacro %}

{% macro duckdb__squeeze_blanks(text) -%}
    regexp_replace({{ text }}, '[\s\x{00A0}]+', ' ', 'g')
{%- endmacro %}


{#- HTML entities (&#38;, &#x26;, &amp;) as the characters they stand for, decoded once.
    A name that is not known as written is tried in lower case: files have &Reg;. -#}
{% macro decode_entities(text, entities) -%}
    {{ return(adapter.dispatch('decode_entities')(text, entities)) }}
{%- endmacro %}

{% macro duckdb__decode_entities(text, entities) -%}
    case
        when {{ text }} not like '%&%;%' then {{ text }}
        else list_reduce(
            {#- What decodes to & goes last, so that &amp;lt; becomes &lt; and no more. #}
            list_transform(
                list_sort(list_transform(
                    list_distinct(regexp_extract_all(
                        {{ text }}, '&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*);'
                    )),
                    lambda entity: {
                        'is_ampersand': {{ entity_character('entity', entities) }} = '&',
                        'entity': entity,
                        'character': {{ entity_character('entity', entities) }}
                    }
                )),
                lambda decoded: [decoded.entity, decoded.character]
            ),
            lambda done, decoded: [replace(done[1], decoded[1], coalesce(decoded[2], decoded[1]))],
            [{{ text }}]
        )[1]
    end
{%- endmacro %}


{#- The character of one HTML entity, or null where there is none. -#}
{% macro entity_character(entity, entities) -%}
    case
        when lower({{ entity }}) like '&#x%'
            then {{ character_of("cast('0x' || " ~ entity ~ "[4:-2] as integer)") }}
        when {{ entity }} like '&#%'
            then {{ character_of("cast(" ~ entity ~ "[3:-2] as integer)") }}
        else coalesce(
            {{ entities }}[{{ entity }}[2:-2]], {{ entities }}[lower({{ entity }}[2:-2])]
        )
    end
{%- endmacro %}


{#- The character of a code point, or null where it is none that a name can hold. -#}
{% macro character_of(code_point) -%}
    case
        when
            {{ code_point }} in (9, 10, 13)
            or {{ code_point }} between 32 and 126
            or {{ code_point }} between 160 and 55295
            or {{ code_point }} between 57344 and 1114111
            then chr({{ code_point }})
    end
{%- endmacro %}


{#- All rows of a group as one map. -#}
{% macro map_of(key, value) -%}
    {{ return(adapter.dispatch('map_of')(key, value)) }}
{%- endmacro %}

{% macro duckdb__map_of(key, value) -%}
    map(list({{ key }} order by {{ key }}), list({{ value }} order by {{ key }}))
{%- endmacro %}
