{#- Publishing is Python: on DuckDB a function of SQL. On Spark the command that started dbt
    does it when dbt has ended, and finds what it is told in a folder that both see. #}
{% macro tell_publisher(step, content) -%}
    {% do adapter.dispatch('tell_publisher')(step, tojson(content)) %}
{%- endmacro %}

{% macro duckdb__tell_publisher(step, content) -%}
    {% do call_plugin(step, [content]) %}
{%- endmacro %}

{% macro spark__tell_publisher(step, content) -%}
    {% do run_query(
        "insert overwrite directory " ~ text_literal(exchange_path(step))
        ~ " using text select " ~ text_literal(content)
    ) %}
{%- endmacro %}


{#- DuckDB's tables are where they are published from; Spark's are written as Parquet to the
    same folder, unless something failed. #}
{% macro hand_over(tables, statuses) -%}
    {{ adapter.dispatch('hand_over')(tables, statuses) }}
{%- endmacro %}

{% macro duckdb__hand_over(tables, statuses) -%}
{%- endmacro %}

{% macro spark__hand_over(tables, statuses) -%}
    {% if not statuses.values() | select('in', ['error', 'fail', 'skipped']) | list %}
        {% for table in tables %}
            {% set name = table.schema ~ "." ~ table.name %}
            {% do run_query(
                "insert overwrite directory "
                ~ text_literal(exchange_path("tables/" ~ name))
                ~ " using parquet select * from " ~ name
            ) %}
        {% endfor %}
    {% endif %}
{%- endmacro %}


{#- A cluster's own paths may be those of another file system. -#}
{% macro exchange_path(name) -%}
    {{ return("file://" ~ exchange_folder() ~ "/" ~ name) }}
{%- endmacro %}


{% macro exchange_folder() -%}
    {%- set folder = env_var('INSTACART_SPARK_EXCHANGE', '') -%}
    {%- if not folder -%}
        {{ exceptions.raise_compiler_error(
            "INSTACART_SPARK_EXCHANGE: expected a folder in which the raw files were"
            ~ " checked, found none named; run `make build-spark`, which starts dbt with it."
        ) }}
    {%- endif -%}
    {{ return(folder) }}
{%- endmacro %}
