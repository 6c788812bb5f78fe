{#- dbt-spark's session method puts values between quotes as they are; these are literals. -#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model.config.get('column_types', {}) -%}
    {%- set statements = [] -%}
    {%- for rows in agate_table.rows | batch(get_batch_size()) -%}
        {%- set statement -%}
            insert into {{ this.render() }} values
            {%- for row in rows %}
            (
                {%- for column in agate_table.column_names %}
                {%- set value = row[column] %}
                cast(
                    {{- 'null' if value is none else text_literal(value | string) }}
                    as {{ types.get(column, adapter.convert_type(agate_table, loop.index0)) }}
                ){{ ',' if not loop.last }}
                {%- endfor %}
            ){{ ',' if not loop.last }}
            {%- endfor %}
        {%- endset -%}
        {%- do adapter.add_query(statement, abridge_sql_log=true) -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {{ return(statements | first) }}
{% endmacro %}
