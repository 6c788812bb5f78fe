{#- A value is null or one of a list. Overrides dbt's own, to say in a sentence what was
    found. -#}
{% test accepted_values(model, column_name, values) %}

{%- set accepted = [] %}
{%- for value in values %}
{%- do accepted.append(text_literal(value)) %}
{%- endfor %}

select
    {{ column_name }},
    count(*) as row_count,
    {{ sentence(
        table_name(model),
        column_name ~ ' to be one of ' ~ values | join(', '),
        "'another in ', sum(count(*)) over (), ' of its rows, such as ', "
        ~ example(column_name, model),
        project_fault(
            'select ' ~ column_name ~ ', count(*) as row_count from ' ~ table_name(model)
            ~ ' group by all',
            model,
        ),
    ) }} as message

from {{ model }}

where {{ column_name }} not in ({{ accepted | join(', ') }})

group by {{ column_name }}

{% endtest %}
