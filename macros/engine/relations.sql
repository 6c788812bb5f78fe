{#- Spark has no information_schema. #}
{% macro relations_in(schemas) -%}
    {{ return(adapter.dispatch('relations_in')(schemas)) }}
{%- endmacro %}

{% macro duckdb__relations_in(schemas) -%}
    {{ return(run_query(
        "select table_schema, table_name,"
        ~ " case when table_type = 'VIEW' then 'view' else 'table' end"
        ~ " from information_schema.tables where table_catalog = current_database()"
        ~ " and table_schema in ('" ~ schemas | join("', '") ~ "') order by all"
    ).rows) }}
{%- endmacro %}

{#- Its tables include views, and the session's own without a schema. -#}
{% macro spark__relations_in(schemas) -%}
    {%- set found = [] -%}
    {%- for schema in schemas -%}
        {%- set views = run_query("show views in " ~ schema).columns[1].values() -%}
        {%- for owner, name, _ in run_query("show tables in " ~ schema).rows if owner -%}
            {%- do found.append((schema, name, 'view' if name in views else 'table')) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
