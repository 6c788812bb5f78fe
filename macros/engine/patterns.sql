{#- Spark's regular expressions are Java's. -#}
{% macro matches_whole(text, pattern) -%}
    {{ return(adapter.dispatch('matches_whole')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches_whole(text, pattern) -%}
    regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches_whole(text, pattern) -%}
    regexp_like({{ text }}, {{ java_pattern('^(?:' ~ pattern ~ ')\\z') }})
{%- endmacro %}


{#- DuckDB replaces the first match only unless told otherwise. -#}
{% macro replace_all(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('replace_all')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro duckdb__replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro spark__replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ java_pattern(pattern) }}, '{{ replacement }}')
{%- endmacro %}


{#- Without a number of the group, DuckDB gives the whole match and Spark the first group. -#}
{% macro part_of(text, pattern, group=0) -%}
    {{ return(adapter.dispatch('part_of')(text, pattern, group)) }}
{%- endmacro %}

{% macro duckdb__part_of(text, pattern, group) -%}
    regexp_extract({{ text }}, '{{ pattern }}', {{ group }})
{%- endmacro %}

{% macro spark__part_of(text, pattern, group) -%}
    regexp_extract({{ text }}, {{ java_pattern(pattern) }}, {{ group }})
{%- endmacro %}


{#- Java's \s has the vertical tab besides, its \p{Sc} may lack the som, its (?i) is for ASCII,
    and without (?d) its dot stops at more than line feeds. -#}
{% macro java_pattern(pattern) -%}
    {{ return(
        "r'(?d)"
        ~ pattern | replace('\\s', '[\\t\\n\\f\\r ]')
        | replace('\\p{Sc}', '[\\p{Sc}\\x{20C0}]')
        | replace('(?i', '(?iu')
        ~ "'"
    ) }}
{%- endmacro %}
