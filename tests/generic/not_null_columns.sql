{#- None of these columns is ever null. One test for a whole table. -#}
{% test not_null_columns(model, columns) %}

{%- set is_any_null = columns | join(' is null or ') ~ ' is null' %}
{%- set first_null = [] %}
{%- for column in columns %}
{%- do first_null.append('when ' ~ column ~ " is null then '" ~ column ~ "'") %}
{%- endfor %}

select
    {{ columns | join(',\n    ') }},
    {{ sentence(
        table_name(model),
        'a value of ' ~ columns | join(', ') ~ ' in each row',
        "count(*) over (), ' of them without, such as without ', case "
        ~ first_null | join(' ') ~ ' end',
        project_fault('from ' ~ table_name(model) ~ ' where ' ~ is_any_null, model),
    ) }} as message

from {{ model }}

where {{ is_any_null }}

{% endtest %}
