{#- No two rows have the same values in these columns. -#}
{% test unique_combination_of_columns(model, combination_of_columns) %}

{%- set names = combination_of_columns | join(', ') %}
{%- set values = [] %}
{%- for column in combination_of_columns %}
{%- do values.append(example(column, model)) %}
{%- endfor %}

select
    {{ combination_of_columns | join(',\n    ') }},
    count(*) as row_count,
    {{ sentence(
        table_name(model),
        'each combination of ' ~ names ~ ' once',
        "count(*) over (), ' of them more than once, such as ', concat_ws(', ', "
        ~ values | join(', ') ~ ')',
        project_fault(
            'select ' ~ names ~ ', count(*) as row_count from ' ~ table_name(model)
            ~ ' group by all having row_count > 1',
            model,
        ),
    ) }} as message

from {{ model }}

group by {{ combination_of_columns | join(', ') }}

having count(*) > 1

{% endtest %}
