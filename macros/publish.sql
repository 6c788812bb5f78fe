{% macro begin_run() %}
    {% if execute and target.type == 'duckdb' %}
        {% set selected = {} %}
        {% for name in selected_resources if name in graph.nodes %}
            {% do selected.update({name: checksum_of(graph.nodes.get(name, {}))}) %}
        {% endfor %}
        {% set started = {'selected': selected, 'vars': invocation_args_dict.vars | string} %}
        {% set found = fromjson(run_query(
            "select begin_run(" ~ text_literal(tojson(started)) ~ ")"
        ).rows[0][0]) %}
        {% if found.error %}
            {{ exceptions.raise_compiler_error(found.error) }}
        {% endif %}
    {% endif %}
{% endmacro %}


{% macro finish_run(results) %}
    {% if execute and target.type == 'duckdb' %}
        {% set ended = {
            'nodes': nodes_to_pass(),
            'statuses': statuses_of(results),
            'tables': published_tables(),
        } %}
        {% set found = fromjson(run_query(
            "select finish_run(" ~ text_literal(tojson(ended)) ~ ")"
        ).rows[0][0]) %}
        {% if found.error %}
            {{ exceptions.raise_compiler_error(found.error) }}
        {% endif %}
        {{ log(found.said ~ ".", info=true) }}
    {% endif %}
{% endmacro %}


{% macro nodes_to_pass() -%}
    {%- set nodes = {} -%}
    {%- for name, node in graph.nodes.items()
        if node.resource_type in ('model', 'seed', 'snapshot', 'test') -%}
        {%- do nodes.update({name: {
            'checksum': checksum_of(node),
            'parents': node.depends_on.nodes | default([]),
            'runs': node.config.materialized != 'ephemeral',
        }}) -%}
    {%- endfor -%}
    {{ return(nodes) }}
{%- endmacro %}


{% macro checksum_of(node) -%}
    {{ return(node.checksum.checksum if node.checksum else none) }}
{%- endmacro %}


{% macro statuses_of(results) -%}
    {%- set args = invocation_args_dict -%}
    {%- set is_in_part = args.empty or args.sample -%}
    {%- set statuses = {} -%}
    {%- for result in results -%}
        {%- set status = 'without all rows' if is_in_part else result.status | string -%}
        {%- do statuses.update({result.node.unique_id: status}) -%}
    {%- endfor -%}
    {{ return(statuses) }}
{%- endmacro %}


{% macro published_tables() -%}
    {%- set tables = [] -%}
    {%- for node in graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'model')
        | selectattr('access', 'equalto', 'public') | sort(attribute='unique_id') -%}
        {%- set columns = {} -%}
        {%- for column in node.columns.values() if column.description -%}
            {%- do columns.update({column.name: column.description}) -%}
        {%- endfor -%}
        {%- do tables.append({
            'schema': node.schema,
            'name': node.alias,
            'description': node.description,
            'columns': columns,
        }) -%}
    {%- endfor -%}
    {{ return(tables) }}
{%- endmacro %}
