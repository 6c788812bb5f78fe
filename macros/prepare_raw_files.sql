{% macro prepare_raw_files() %}
    {% if execute and flags.WHICH in ('build', 'run') and is_source_selected() %}
        {{ show_raw_files(inspected_package()) }}
    {% endif %}
{% endmacro %}


{% macro show_raw_files(package) %}
    {% for note in package.notes %}
        {{ log("Raw files: " ~ note ~ ".", info=true) }}
    {% endfor %}

    {% do run_query("create schema if not exists raw") %}
    {% for source in raw_sources() %}
        {% set columns = source.columns.keys() | list %}
        {% set files = package.tables[source.name] %}
        {% do make_raw_tables(source.name, columns, files) %}
        {% do run_query(
            "create or replace view raw." ~ source.name ~ " as "
            ~ raw_file_query(source.name, columns, files)
        ) %}
    {% endfor %}
    {% do run_query(
        "create or replace view raw.loaded_files as " ~ loaded_files_query(package.tables)
    ) %}
{% endmacro %}


{% macro is_source_selected() -%}
    {%- for name in selected_resources -%}
        {%- set parents = graph.nodes.get(name, {}).get('depends_on', {}).get('nodes', []) -%}
        {%- for parent in parents if parent.startswith('source.') -%}
            {{ return(true) }}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(false) }}
{%- endmacro %}


{% macro loaded_files_query(tables) -%}
    select
        file_number, dataset, source_file, read_path, first_column, fabricated_columns,
        is_cut_short
    from (values
        {%- for table, files in tables.items() %}
        {%- for file in files %}
        (
            {{ file.number }},
            {{ text_literal(table) }},
            {{ text_literal(file.name) }},
            {{ text_literal(file.path) }},
            {{ text_literal(file.header[0]) }},
            {% if file.fabricated_columns -%}
                {{ text_literal(file.fabricated_columns) }}
            {%- else -%}
                cast(null as string)
            {%- endif %},
            {{ file.is_cut_short }}
        ),
        {%- endfor %}
        {%- endfor %}
        (null, null, null, null, null, null, null)
    ) as files (
        file_number, dataset, source_file, read_path, first_column, fabricated_columns,
        is_cut_short
    )
    where file_number is not null
{%- endmacro %}


{% macro raw_dir() -%}
    {{ return(env_var('INSTACART_RAW_DIR', '') or 'data/raw') }}
{%- endmacro %}


{% macro raw_sources() -%}
    {{ return(graph.sources.values() | selectattr('source_name', 'equalto', 'instacart') | list) }}
{%- endmacro %}


{% macro raw_file_expectations() -%}
    {% set expectations = {} %}
    {% for source in raw_sources() %}
        {% set columns = {} %}
        {% for column in source.columns.values() %}
            {% do columns.update({column.name: column.config.meta}) %}
        {% endfor %}
        {% do expectations.update({source.name: dict(source.config.meta, columns=columns)}) %}
    {% endfor %}
    {{ return(expectations) }}
{%- endmacro %}


{% macro raw_file_query(table, columns, files) -%}
    {%- for file in files %}
    {%- if not loop.first %} union all {% endif %}
    select
        {%- for column in columns %}
        {% if column in file.header or file.is_wide -%}
            {{ adapter.quote(column) }}
        {%- else -%}
            cast(null as string)
        {%- endif %} as {{ raw_column_name(column) }},
        {%- endfor %}
        {{ file.number }} as file_number,
        {{ file.has_only_digits }} as has_only_digits
    from {{ raw_file_rows(table, columns, file) }}
    {%- else %}
    select
        {%- for column in columns %}
        cast(null as string) as {{ raw_column_name(column) }},
        {%- endfor %}
        cast(null as integer) as file_number,
        cast(null as boolean) as has_only_digits
    where false
    {%- endfor %}
{%- endmacro %}


{% macro raw_column_name(column) -%}
    {{ return(column | lower | replace(' ', '_')) }}
{%- endmacro %}


{#- Names of the columns of a file, in order. -#}
{% macro raw_file_names(columns, file) -%}
    {%- set names = [] -%}
    {%- for cell in file.header -%}
        {%- set is_read = cell in columns or (file.is_wide and cell.isdigit()) -%}
        {%- do names.append(cell if is_read else 'unread_' ~ loop.index) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}


{#- The columns of a wide file that hold names, one for each id. -#}
{% macro wide_columns(columns, file) -%}
    {{ return(
        raw_file_names(columns, file) | select('in', file.header) | reject('in', columns) | list
    ) }}
{%- endmacro %}


{% macro quoted_names(names) -%}
    {%- for name in names -%}
        {{ adapter.quote(name) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
