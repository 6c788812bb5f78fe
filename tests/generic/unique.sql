{#- No value is there twice. Overrides dbt's own, to say in a sentence what was found. -#}
{% test unique(model, column_name) %}

select
    {{ column_name }},
    count(*) as row_count,
    {{ sentence(
        table_name(model),
        'each ' ~ column_name ~ ' once',
        "count(*) over (), ' of them more than once, such as ', "
        ~ example(column_name, model),
        project_fault(
            'select ' ~ column_name ~ ', count(*) as row_count from ' ~ table_name(model)
            ~ ' group by all having row_count > 1',
            model,
        ),
    ) }} as message

from {{ model }}

where {{ column_name }} is not null

group by {{ column_name }}

having count(*) > 1

{% endtest %}
