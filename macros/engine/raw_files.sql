{#- What inspect_package says of the raw files. DuckDB can have it asked by dbt's plugin; for
    a cluster, make build-spark asks before dbt. Either leaves the answer in a file. -#}
{% macro inspected_package() -%}
    {{ return(adapter.dispatch('inspected_package')()) }}
{%- endmacro %}

{% macro duckdb__inspected_package() -%}
    {%- do call_plugin('inspect_raw_files', [raw_dir(), tojson(raw_file_expectations())]) -%}
    {{ return(fromjson(run_query(
        "select content from read_text(current_setting('temp_directory') || '/package.json')"
    ).rows[0][0])) }}
{%- endmacro %}

{% macro spark__inspected_package() -%}
    {%- do run_query(
        "create or replace temporary view inspected_package (value string) using text "
        ~ spark__file_options(exchange_folder() ~ '/package.json')
    ) -%}
    {{ return(fromjson(run_query("select value from inspected_package").rows[0][0])) }}
{%- endmacro %}


{#- Spark reads a file through a table of its catalog, DuckDB by a function in the query. -#}
{% macro make_raw_tables(table, columns, files) -%}
    {{ adapter.dispatch('make_raw_tables')(table, columns, files) }}
{%- endmacro %}

{% macro default__make_raw_tables(table, columns, files) -%}
{%- endmacro %}

{% macro spark__make_raw_tables(table, columns, files) -%}
    {#- Also those of files that are gone. -#}
    {%- for schema, name, type in relations_in(['raw'])
        if type == 'table' and name.rsplit('_', 1)[0] == table -%}
        {%- do run_query("drop table " ~ schema ~ "." ~ name) -%}
    {%- endfor -%}
    {%- set unreadable = [] -%}
    {%- for file in files -%}
        {%- do run_query(spark__create_raw_table(table, columns, file)) -%}
        {%- do unreadable.append(spark__unreadable_lines_query(table, columns, file)) -%}
    {%- endfor -%}
    {%- do run_query("drop view if exists raw.unreadable_" ~ table) -%}
    {%- if unreadable -%}
        {%- do run_query(
            "create view raw.unreadable_" ~ table ~ " as " ~ unreadable | join(' union all ')
        ) -%}
    {%- endif -%}
{%- endmacro %}


{#- All rows of one file, for a from clause. -#}
{% macro raw_file_rows(table, columns, file) -%}
    {{ return(adapter.dispatch('raw_file_rows')(table, columns, file)) }}
{%- endmacro %}

{% macro duckdb__raw_file_rows(table, columns, file) -%}
    {%- if file.is_wide -%}
        (
            unpivot (
                select {{ quoted_names(wide_columns(columns, file)) }}
                from {{ read_csv(table, columns, file) }}
            )
            on {{ quoted_names(wide_columns(columns, file)) }}
            into name "{{ columns[0] }}" value "{{ columns[1] }}"
        )
    {%- else -%}
        {{ read_csv(table, columns, file) }}
    {%- endif -%}
{%- endmacro %}

{% macro spark__raw_file_rows(table, columns, file) -%}
    {%- set rows = "select * from " ~ spark__raw_table(table, file)
        ~ " where " ~ spark__is_readable(file) -%}
    {%- if file.is_wide -%}
        (
            select * from (
                select {{ quoted_names(wide_columns(columns, file)) }} from ({{ rows }})
            )
            unpivot (
                {{ adapter.quote(columns[1]) }} for {{ adapter.quote(columns[0]) }}
                in ({{ quoted_names(wide_columns(columns, file)) }})
            )
        )
    {%- else -%}
        ({{ rows }})
    {%- endif -%}
{%- endmacro %}


{% macro read_csv(table, columns, file) -%}
    read_csv(
        {{ text_literal(file.path) }},
        columns = {
            {%- for name in raw_file_names(columns, file) %}
            {{ text_literal(name) }}: 'VARCHAR',
            {%- endfor %}
        },
        header = true, auto_detect = false, delim = ',', quote = '"', escape = '"',
        compression = {{ "'gzip'" if file.path.lower().endswith('.gz') else "'none'" }},
        store_rejects = true,
        rejects_table = 'unreadable_{{ table }}',
        rejects_scan = 'unreadable_{{ table }}_files'
    )
{%- endmacro %}


{% macro spark__create_raw_table(table, columns, file) -%}
    create table {{ spark__raw_table(table, file) }} (
        {%- for name in raw_file_names(columns, file) %}
        {{ adapter.quote(name) }} string,
        {%- endfor %}
        unreadable_line string
    )
    using csv
    {{ spark__file_options(file.path, {
        'header': 'true',
        'mode': 'PERMISSIVE',
        'columnNameOfCorruptRecord': 'unreadable_line',
        'columnPruning': 'false',
        'quote': '"',
        'escape': '"',
        'unescapedQuoteHandling': 'STOP_AT_CLOSING_QUOTE',
        'multiLine': file.spans_lines | string | lower,
        'maxColumns': '2000000',
    }) }}
{%- endmacro %}


{#- Options of a file's reader. Spark takes a path for a pattern unless it is told not to. -#}
{% macro spark__file_options(path, options={}) -%}
    options (
        `path` {{ text_literal('file://' ~ path) }},
        `__globPaths__` 'false'
        {%- for name, value in options.items() %},
        `{{ name }}` {{ text_literal(value) }}
        {%- endfor %}
    )
{%- endmacro %}


{% macro spark__raw_table(table, file) -%}
    {{ return('raw.' ~ table ~ '_' ~ file.number) }}
{%- endmacro %}


{#- DuckDB ignores empty cells after the last column; Spark takes such a line for corrupt. -#}
{% macro spark__is_readable(file) -%}
    (
        unreadable_line is null
        or regexp_like(unreadable_line, '^(?:[^,]*,){ {{- file.header | length -}} },*+(?![^,])')
    )
{%- endmacro %}


{#- Lines of one file that were not read. In a copy for Spark such a line is one cell. -#}
{% macro spark__unreadable_lines_query(table, columns, file) -%}
    {%- set line -%}
        case
            when unreadable_line like '"%'
                then coalesce(
                    {{ adapter.quote(raw_file_names(columns, file)[0]) }},
                    replace({{ inner_text('unreadable_line') }}, '""', '"')
                )
            else unreadable_line
        end
    {%- endset -%}
    select
        {{ line }} as line,
        {{ file.header | length }} as column_count,
        {{ file.number }} as file_number,
        {{ text_literal(file.header[0]) }} as first_column
    from {{ spark__raw_table(table, file) }}
    where not {{ spark__is_readable(file) }}
{%- endmacro %}


{#- Query for the lines that could not be split into columns, and why; none if nothing was
    read. DuckDB keeps them in a temporary table of the connection that read the file. -#}
{% macro unreadable_lines(table) -%}
    {{ return(adapter.dispatch('unreadable_lines')(table)) }}
{%- endmacro %}

{% macro duckdb__unreadable_lines(table) -%}
    {%- set rejects = 'unreadable_' ~ table -%}
    {%- set was_read = execute and run_query(
        "select 1 from duckdb_tables() where temporary and table_name = '" ~ rejects ~ "'"
    ).rows | length > 0 -%}
    {%- if was_read -%}
        select distinct on (rejects.scan_id, rejects.file_id, rejects.line_byte_position)
            rejects.error_type,
            trim(rejects.csv_line, chr(10) || chr(13)) as line,
            loaded_files.file_number,
            loaded_files.first_column

        from {{ rejects }} as rejects

        inner join {{ rejects }}_files as files
            on
                rejects.scan_id = files.scan_id
                and rejects.file_id = files.file_id

        left join raw.loaded_files as loaded_files
            on
                files.file_path = loaded_files.read_path
                and loaded_files.dataset = {{ text_literal(table) }}

        order by
            rejects.scan_id,
            rejects.file_id,
            rejects.line_byte_position,
            rejects.error_type
    {%- endif -%}
{%- endmacro %}

{% macro spark__unreadable_lines(table) -%}
    {%- set was_read = execute and not flags.EMPTY and run_query(
        "show views in raw like 'unreadable_" ~ table ~ "'"
    ).rows | length > 0 -%}
    {%- if was_read -%}
        {#- Without recursion, so that a cell may be long. #}
        {%- set cell = ' ?"[^"]*+(?:""[^"]*+)*+"|(?! ?")[^,]*+' %}
        select
            case
                when regexp_like(line, concat('^(?:(?:{{ cell }}),){', column_count, '}'))
                    then 'TOO MANY COLUMNS'
                else 'MISSING COLUMNS'
            end as error_type,
            {#- DuckDB keeps so many bytes of a line. #}
            make_valid_utf8(cast(substr(cast(line as binary), 1, 10000) as string)) as line,
            file_number,
            first_column

        from raw.unreadable_{{ table }}
    {%- endif -%}
{%- endmacro %}
