{#- A column is never null. Overrides dbt's own, to say in a sentence what was found. -#}
{% test not_null(model, column_name) %}

select
    {{ column_name }},
    {{ sentence(
        table_name(model),
        'a value of ' ~ column_name ~ ' in each row',
        "'none in ', count(*) over (), ' of them'",
        project_fault('from ' ~ table_name(model) ~ ' where ' ~ column_name ~ ' is null', model),
    ) }} as message

from {{ model }}

where {{ column_name }} is null

{% endtest %}
