{#- A value lies within bounds, both included, or is null. -#}
{% test within(model, column_name, minimum=none, maximum=none) %}

select {{ column_name }}

from {{ model }}

where
    {{ 'false' if minimum is none else column_name ~ ' < ' ~ minimum }}
    or {{ 'false' if maximum is none else column_name ~ ' > ' ~ maximum }}

{% endtest %}
