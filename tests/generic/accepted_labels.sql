{#- A label is never missing and is one of a flag's labels in dbt_project.yml.

    flag: the var.
    is_behaviour: whether customers without analysed orders have a label of their own.
    is_knowable: whether it can never read Unknown. -#}
{% test accepted_labels(model, column_name, flag, is_behaviour=false, is_knowable=false) %}

{%- set accepted = labels(flag) + ([] if is_knowable else [var('unknown_label')])
    + ([var('no_orders_label')] if is_behaviour else []) %}

select
    {{ column_name }} as label,
    count(*) as row_count,
    {{ sentence(
        table_name(model),
        column_name ~ ' to be one of ' ~ accepted | join(', '),
        "'another in ', sum(count(*)) over (), ' of its rows, such as ', "
        ~ example(column_name, model),
        project_fault(
            'select ' ~ column_name ~ ', count(*) as row_count from ' ~ table_name(model)
            ~ ' group by all'
        ),
    ) }} as message

from {{ model }}

where
    {{ column_name }} is null
    or {{ column_name }} not in ('{{ accepted | join("', '") }}')

group by {{ column_name }}

{% endtest %}
