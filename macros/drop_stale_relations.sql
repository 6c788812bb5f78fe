{% macro drop_stale_relations() %}
    {% if execute and flags.WHICH == 'build' and target.type == 'duckdb' %}
        {% set nodes = graph.nodes.values()
            | selectattr('resource_type', 'in', ['model', 'seed']) | list %}
        {% set known = [] %}
        {% for node in nodes %}{% do known.append(node.schema ~ '.' ~ node.alias) %}{% endfor %}
        {% set schemas = nodes | map(attribute='schema') | unique | join("', '") %}
        {% set is_whole_project = not (
            nodes | map(attribute='unique_id') | reject('in', selected_resources) | list
        ) %}
        {#- dbt's own listing would open a transaction that a hook doesn't commit. #}
        {% for schema, name, type in run_query(
            "select table_schema, table_name, table_type from information_schema.tables"
            ~ " where table_catalog = current_database()"
            ~ " and table_schema in ('" ~ schemas ~ "')"
        ).rows if is_whole_project and schema ~ '.' ~ name not in known %}
            {{ log("Dropping " ~ schema ~ "." ~ name ~ ": no model or seed has it.", info=true) }}
            drop {{ 'view' if type == 'VIEW' else 'table' }} "{{ schema }}"."{{ name }}";
        {% endfor %}
    {% endif %}
{% endmacro %}
