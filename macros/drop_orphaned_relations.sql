{% macro drop_orphaned_relations() %}
    {% if execute and flags.WHICH in ('build', 'run') and is_whole_project_selected() %}
        {% for schema, name, type in orphaned_relations() %}
            {{ log(
                "Dropped " ~ schema ~ "." ~ name
                ~ ", which no model or seed of the project makes.", info=true
            ) }}
            {% do adapter.drop_relation(
                api.Relation.create(
                    database=target.database | default(none),
                    schema=schema, identifier=name, type=type
                )
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{% macro orphaned_relations() -%}
    {% set nodes = graph.nodes.values()
        | selectattr('resource_type', 'in', ['model', 'seed']) | list %}
    {% set made = [] %}
    {% for node in nodes %}
        {% do made.append((node.schema, node.alias)) %}
    {% endfor %}
    {% set schemas = nodes | map(attribute='schema') | unique | sort %}
    {% set orphaned = [] %}
    {% for schema, name, type in relations_in(schemas) if (schema, name) not in made %}
        {% do orphaned.append((schema, name, type)) %}
    {% endfor %}
    {{ return(orphaned) }}
{%- endmacro %}


{% macro is_whole_project_selected() -%}
    {% set missing = graph.nodes.values()
        | selectattr('resource_type', 'in', ['model', 'seed'])
        | rejectattr('unique_id', 'in', selected_resources) | list %}
    {{ return(not missing) }}
{%- endmacro %}
