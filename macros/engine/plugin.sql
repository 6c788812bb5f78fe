{#- Functions of dbt's plugin take texts, and return null or the sentence of an error. #}
{% macro call_plugin(name, texts) -%}
    {%- set literals = [] -%}
    {%- for text in texts -%}
        {%- do literals.append(text_literal(text)) -%}
    {%- endfor -%}
    {%- set query = "select " ~ name ~ "(" ~ literals | join(", ") ~ ")" -%}
    {%- set error = run_query(query).rows[0][0] -%}
    {%- if error -%}
        {{ exceptions.raise_compiler_error(error) }}
    {%- endif -%}
{%- endmacro %}
