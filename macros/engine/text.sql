{#- DuckDB trims every kind of blank but tabs and line breaks, Spark only the usual one. -#}
{% macro trimmed(text) -%}
    {{ return(adapter.dispatch('trimmed')(text)) }}
{%- endmacro %}

{% macro duckdb__trimmed(text) -%}
    trim({{ text }})
{%- endmacro %}

{% macro spark__trimmed(text) -%}
    {%- set blanks = ' \\u00A0\\u1680\\u2000\\u2001\\u2002\\u2003\\u2004\\u2005\\u2006\\u2007'
        ~ '\\u2008\\u2009\\u200A\\u202F\\u205F\\u3000' -%}
    btrim({{ text }}, '{{ blanks }}')
{%- endmacro %}


{#- Spark follows two rules of languages, for the dotted I of Turkish and the last sigma of a
    Greek word. -#}
{% macro lower_case(text) -%}
    {{ return(adapter.dispatch('lower_case')(text)) }}
{%- endmacro %}

{% macro duckdb__lower_case(text) -%}
    lower({{ text }})
{%- endmacro %}

{% macro spark__lower_case(text) -%}
    lower(translate({{ text }}, 'İΣ', 'iσ'))
{%- endmacro %}


{#- Spark's chr knows the first 256 characters only. -#}
{% macro character(code_point) -%}
    {{ return(adapter.dispatch('character')(code_point)) }}
{%- endmacro %}

{% macro duckdb__character(code_point) -%}
    chr({{ code_point }})
{%- endmacro %}

{% macro spark__character(code_point) -%}
    decode(unhex(lpad(hex({{ code_point }}), 8, '0')), 'UTF-32')
{%- endmacro %}


{#- In a literal of Spark a backslash begins an escape. -#}
{% macro text_literal(text) -%}
    {{ return(adapter.dispatch('text_literal')(text)) }}
{%- endmacro %}

{% macro duckdb__text_literal(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}

{% macro spark__text_literal(text) -%}
    '{{ text | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}


{#- The functions of lists and the lambdas have other names and forms in each. -#}
{% macro decode_entities(text, entities) -%}
    {{ return(adapter.dispatch('decode_entities')(text, entities)) }}
{%- endmacro %}

{% macro duckdb__decode_entities(text, entities) -%}
    {%- set parts = "string_split(" ~ text ~ ", '&')" -%}
    case
        when not regexp_matches({{ text }}, '&[#A-Za-z]') then {{ text }}
        else {{ parts }}[1] || array_to_string(
            list_transform(
                list_transform(
                    {{ parts }}[2:],
                    lambda part: [{{ entity_of('part') }}, part]
                ),
                lambda pair: {{ decoded_part('pair[1]', 'pair[2]', entities) }}
            ),
            ''
        )
    end
{%- endmacro %}

{% macro spark__decode_entities(text, entities) -%}
    {%- set parts = "split(" ~ text ~ ", '&')" -%}
    case
        when not regexp_like({{ text }}, '&[#A-Za-z]') then {{ text }}
        else {{ parts }}[0] || array_join(
            transform(
                transform(
                    slice({{ parts }}, 2, size({{ parts }}) - 1),
                    part -> array({{ entity_of('part') }}, part)
                ),
                pair -> {{ decoded_part('pair[0]', 'pair[1]', entities) }}
            ),
            ''
        )
    end
{%- endmacro %}
