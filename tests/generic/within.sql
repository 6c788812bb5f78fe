{#- Values lie within bounds, both included, or are null.

    columns: several columns of a table, where the test does not stand on one. -#}
{% test within(model, column_name=none, columns=none, minimum=none, maximum=none) %}

{%- set names = columns or [column_name] %}
{%- set breaches = [] %}
{%- for name in names %}
{%- do breaches.append(name ~ ' < ' ~ minimum) if minimum is not none %}
{%- do breaches.append(name ~ ' > ' ~ maximum) if maximum is not none %}
{%- endfor %}

select {{ names | join(', ') }}

from {{ model }}

where {{ breaches | join(' or ') or 'false' }}

{% endtest %}
