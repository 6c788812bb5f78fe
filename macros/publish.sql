{% macro begin_run() %}
    {% if execute and is_run() %}
        {% set selected = {} %}
        {% for name in selected_resources if name in graph.nodes %}
            {% do selected.update({name: checksum_of(graph.nodes.get(name, {}))}) %}
        {% endfor %}
        {% do tell_publisher('begin_run', {
            'selected': selected, 'vars': invocation_args_dict.vars | string
        }) %}
    {% endif %}
{% endmacro %}


{% macro finish_run(results) %}
    {% if execute and is_run() %}
        {% set statuses = statuses_of(results) %}
        {% set tables = published_tables() %}
        {% do hand_over(tables, statuses) %}
        {% do tell_publisher('finish_run', {
            'nodes': nodes_to_pass(), 'statuses': statuses, 'tables': tables,
            'changes': changes_since_last_version('figures_before', 'figures_now')
        }) %}
    {% endif %}
{% endmacro %}


{% macro is_run() -%}
    {{ return(flags.WHICH not in ('compile', 'generate')) }}
{%- endmacro %}


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
        {%- set types = {} -%}
        {%- for column in node.columns.values() -%}
            {%- do types.update({column.name: column.data_type}) -%}
            {%- if column.description -%}
                {%- do columns.update({column.name: column.description}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do tables.append({
            'schema': node.schema,
            'name': node.alias,
            'description': node.description,
            'columns': columns,
            'types': types,
        }) -%}
    {%- endfor -%}
    {{ return(tables) }}
{%- endmacro %}
