{% macro segment_types() -%}
    {{- check_segment_types() -}}
    {{ return(var('segment_types')) }}
{%- endmacro %}


{% macro segment_type_batches() -%}
    {{ return(segment_types() | batch(4) | list) }}
{%- endmacro %}


{% macro is_demographic(segment_type) -%}
    {{ segment_type }} in ('{{ var("demographic_segment_types") | join("', '") }}')
{%- endmacro %}


{% macro segment_columns() -%}
    {%- for segment_type in segment_types() %}
        {{ segment(segment_type) }} as {{ segment_type }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{% macro same_segments(row_a, row_b, types) -%}
    {%- for segment_type in types %}
            {{ 'and ' if not loop.first }}{{ row_a }}.{{ segment_type }} = {{ row_b }}.{{ segment_type }}
    {%- endfor %}
{%- endmacro %}


{% macro summed_by_segment(
    aggregate, measures, customer_combinations, combination_segments, key=none
) %}

    select
        {{ combination_segments }}.segment_type,
        {{ combination_segments }}.segment,
        {%- if key %}
        summed.{{ key }},
        {%- endif %}
        {%- for measure in measures %}
        sum(summed.{{ measure }}) as {{ measure }},
        {%- endfor %}
        cast(sum(summed.customer_count) as bigint) as customer_count

    from (
        select
            {{ customer_combinations }}.combination_number,
            {%- if key %}
            {{ aggregate }}.{{ key }},
            {%- endif %}
            {%- for measure in measures %}
            sum({{ aggregate }}.{{ measure }}) as {{ measure }},
            {%- endfor %}
            count(*) as customer_count

        from {{ aggregate }}

        inner join {{ customer_combinations }}
            on {{ aggregate }}.customer_id = {{ customer_combinations }}.customer_id

        group by
            {{ customer_combinations }}.combination_number
            {%- if key %},
            {{ aggregate }}.{{ key }}
            {%- endif %}
    ) as summed

    inner join {{ combination_segments }}
        on summed.combination_number = {{ combination_segments }}.combination_number

    group by
        {{ combination_segments }}.segment_type,
        {{ combination_segments }}.segment
        {%- if key %},
        summed.{{ key }}
        {%- endif %}
{%- endmacro %}


{% macro check_segment_types() -%}
    {%- if execute -%}
    {%- set types = var('segment_types') -%}
    {#- In a unit test the graph is empty. #}
    {%- set customers = graph.get('nodes', {}).values()
        | selectattr('name', 'equalto', 'dim_customers') | first -%}
    {%- set labels = customers.columns.values()
        | selectattr('data_type', 'in', ['string', 'boolean']) | map(attribute='name')
        | list if customers else types -%}
    {%- if
        types is string
        or types is not sequence
        or not types
        or types | reject('in', labels) | list
        or types | unique | list | length < types | length
    -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected segment_types to list different columns of"
            ~ " dim_customers that hold labels or true and false, found " ~ types
            ~ "; make groups of a number first, as income_group does."
        ) }}
    {%- endif -%}
    {%- for type, words in var('segment_labels', {}).items()
        if words is string or words | length != 2 -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected segment_labels to give " ~ type
            ~ " two words, for true and for false, found " ~ words
            ~ "; write both, or leave it out for Yes and No."
        ) }}
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{% macro segment(column) -%}
    {%- set name = column.split('.') | last -%}
    {%- if name.startswith('is_') or name.startswith('has_') -%}
    {%- set labels = var('segment_labels').get(name, ['Yes', 'No']) -%}
    case
        when {{ column }} then '{{ labels[0] }}'
        when not {{ column }} then '{{ labels[1] }}'
        else '{{ var("unknown_label") }}'
    end
    {%- else -%}
    coalesce(cast({{ column }} as string), '{{ var("unknown_label") }}')
    {%- endif -%}
{%- endmacro %}
