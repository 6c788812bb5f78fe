{#- Of DuckDB the build can ask what it lacked; what a cluster lacks, its own messages say. -#}
{% macro shortage_sentence(message) -%}
    {{ return(adapter.dispatch('shortage_sentence')(message)) }}
{%- endmacro %}

{% macro default__shortage_sentence(message) -%}
    {{ return('') }}
{%- endmacro %}

{% macro duckdb__shortage_sentence(message) -%}
    {%- set query = "select say_shortage(" ~ text_literal(message) ~ ")" -%}
    {{ return(run_query(query).rows[0][0]) }}
{%- endmacro %}
