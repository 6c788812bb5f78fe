{#- Values are between two bounds, both included, or null.

    columns: several columns of a model, if the test is not on a single one.
    min_value, max_value: the bounds; none for no bound. -#}
{% test accepted_range(
    model, column_name=none, columns=none, min_value=none, max_value=none
) %}

{%- set names = columns or [column_name] %}
{%- set breaches = [] %}
{%- for name in names %}
{%- do breaches.append(name ~ ' < ' ~ min_value) if min_value is not none %}
{%- do breaches.append(name ~ ' > ' ~ max_value) if max_value is not none %}
{%- endfor %}

{%- set bounds = [] %}
{%- do bounds.append('at least ' ~ min_value) if min_value is not none %}
{%- do bounds.append('at most ' ~ max_value) if max_value is not none %}
{%- set values = [] %}
{%- for name in names %}
{%- do values.append(example(name, model)) %}
{%- endfor %}

select
    {{ names | join(',\n    ') }},
    {{ sentence(
        table_name(model),
        names | join(', ') ~ ' of ' ~ bounds | join(' and ') ~ ' in each row',
        "count(*) over (), ' of them with another value, such as ', concat_ws(', ', "
        ~ values | join(', ') ~ ')',
        project_fault(
            'from ' ~ table_name(model) ~ ' where ' ~ breaches | join(' or '), model
        ),
    ) }} as message

from {{ model }}

where {{ breaches | join(' or ') or 'false' }}

{% endtest %}
