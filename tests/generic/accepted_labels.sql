{#- A label is never missing and is one of a flag's labels in dbt_project.yml.

    flag: the var.
    is_behaviour: whether customers without analysed orders have a label of their own.
    is_knowable: whether it can never read Unknown. -#}
{% test accepted_labels(model, column_name, flag, is_behaviour=false, is_knowable=false) %}

{%- set accepted = labels(flag) + ([] if is_knowable else [var('unknown_label')])
    + ([var('no_orders_label')] if is_behaviour else []) %}

select
    {{ column_name }} as label,
    count(*) as row_count

from {{ model }}

where
    {{ column_name }} is null
    or {{ column_name }} not in ('{{ accepted | join("', '") }}')

group by {{ column_name }}

{% endtest %}
