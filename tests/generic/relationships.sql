{#- A value is null or one of another table's column. Overrides dbt's own, to say in a
    sentence what was found. -#}
{% test relationships(model, column_name, to, field) %}

select
    child.{{ column_name }},
    {{ sentence(
        table_name(model),
        'each ' ~ column_name ~ ' in ' ~ table_name(to),
        "count(*) over (), ' of its rows with another one, such as ', "
        ~ example('child.' ~ column_name, model),
        project_fault(
            'from ' ~ table_name(model) ~ ' where ' ~ column_name ~ ' not in (select '
            ~ field ~ ' from ' ~ table_name(to) ~ ')',
            model,
        ),
    ) }} as message

from {{ model }} as child

left join {{ to }} as parent
    on child.{{ column_name }} = parent.{{ field }}

where
    child.{{ column_name }} is not null
    and parent.{{ field }} is null

{% endtest %}
