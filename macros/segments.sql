{#- Customers with analysed orders, once for each segment type, with the segment they are
    in and all columns they have. A flag of the var segment_types takes part as it is.

    customers: a step with the columns of dim_customers. -#}
{% macro customer_segments(customers) -%}
    {{- check_segment_types() -}}
    {%- for segment_type in var('segment_types') %}

    select
        '{{ segment_type }}' as segment_type,
        {{ segment(segment_type) }} as segment,
        {{ customers }}.*

    from {{ customers }}

    where {{ customers }}.order_count > 0
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}


{#- An aggregate by customer and something else, summed by segment type, segment and that.
    One type at a time: all in one join would be 40 million rows to group by text.

    aggregate: a step with customer_id; the step `customers` has the segments.
    key: its other column.
    measures: columns to sum. Customers are counted. -#}
{% macro summed_by_segment(aggregate, key, measures) -%}
    {{- check_segment_types() -}}
    {%- for segment_type in var('segment_types') %}

    select
        '{{ segment_type }}' as segment_type,
        {{ segment('customers.' ~ segment_type) }} as segment,
        {{ aggregate }}.{{ key }},
        {%- for measure in measures %}
        sum({{ aggregate }}.{{ measure }}) as {{ measure }},
        {%- endfor %}
        count(*) as customer_count

    from {{ aggregate }}

    inner join customers
        on {{ aggregate }}.customer_id = customers.customer_id

    group by
        segment,
        {{ aggregate }}.{{ key }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}


{#- Stops where the var segment_types is no list of different columns of dim_customers
    that hold labels, or segment_labels does not give two words. -#}
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


{#- The segment that a column of dim_customers says; what is true or false gets words.

    column: its name, with or without a table before it. -#}
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
