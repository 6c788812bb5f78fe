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


{#- The segment types, four at a time. A combination of segments of four types is a
    profile. There are hundreds: what is summed by profile is then added up by segment in no
    time, where each row of an aggregate would be summed once for each type. -#}
{% macro profile_types() -%}
    {{- check_segment_types() -}}
    {{ return(var('segment_types') | batch(4) | list) }}
{%- endmacro %}


{#- The profiles of customers with analysed orders, by number. The other types are null.

    customers: a step with the columns of dim_customers. -#}
{% macro profiles(customers) %}
    {{- check_segment_types() -}}
    {%- set all_types = var('segment_types') | join(', ') %}

    select
        row_number() over (order by {{ all_types }}) as profile_number,
        {{ all_types }}

    from (
        select
            {%- for segment_type in var('segment_types') %}
            {{ segment(segment_type) }} as {{ segment_type }}{{ ',' if not loop.last }}
            {%- endfor %}

        from {{ customers }}

        where order_count > 0
    ) as segmented

    group by
        grouping sets (
            {%- for types in profile_types() %}
            ({{ types | join(', ') }}){{ ',' if not loop.last }}
            {%- endfor %}
        )
{%- endmacro %}


{#- Customers with analysed orders, once for each profile they have.

    customers: a step with the columns of dim_customers; the step `profiles`. -#}
{% macro customer_profiles(customers) -%}
    {%- for types in profile_types() %}

    select
        {{ customers }}.customer_id,
        profiles.profile_number

    from {{ customers }}

    inner join profiles
        on
            {%- for type in types %}
            {{ 'and ' if not loop.first -}}
            {{ segment(customers ~ '.' ~ type) }} = profiles.{{ type }}
            {%- endfor %}

    where {{ customers }}.order_count > 0
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}


{#- The segments of each profile; the step `profiles` has them side by side. -#}
{% macro profile_segments() -%}
    {%- for segment_type in var('segment_types') %}

    select
        profile_number,
        '{{ segment_type }}' as segment_type,
        {{ segment_type }} as segment

    from profiles

    where {{ segment_type }} is not null
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}


{#- What is known by customer, summed by segment type and segment.

    aggregate: a step with customer_id; the steps `customer_profiles` and
        `profile_segments` have the segments.
    measures: columns to sum. Customers are counted.
    key: another column of the aggregate to sum by, if there is one. -#}
{% macro summed_by_segment(aggregate, measures, key=none) %}

    select
        profile_segments.segment_type,
        profile_segments.segment,
        {%- if key %}
        summed.{{ key }},
        {%- endif %}
        {%- for measure in measures %}
        sum(summed.{{ measure }}) as {{ measure }},
        {%- endfor %}
        cast(sum(summed.customer_count) as bigint) as customer_count

    from (
        select
            customer_profiles.profile_number,
            {%- if key %}
            {{ aggregate }}.{{ key }},
            {%- endif %}
            {%- for measure in measures %}
            sum({{ aggregate }}.{{ measure }}) as {{ measure }},
            {%- endfor %}
            count(*) as customer_count

        from {{ aggregate }}

        inner join customer_profiles
            on {{ aggregate }}.customer_id = customer_profiles.customer_id

        group by
            customer_profiles.profile_number
            {%- if key %},
            {{ aggregate }}.{{ key }}
            {%- endif %}
    ) as summed

    inner join profile_segments
        on summed.profile_number = profile_segments.profile_number

    group by
        profile_segments.segment_type,
        profile_segments.segment
        {%- if key %},
        summed.{{ key }}
        {%- endif %}
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
