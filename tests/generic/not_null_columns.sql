{#- None of these columns is ever null. One test for a whole table. -#}
{% test not_null_columns(model, columns) %}

select *

from {{ model }}

where {{ columns | join(' is null or ') }} is null

{% endtest %}
