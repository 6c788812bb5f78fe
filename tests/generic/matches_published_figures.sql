{#- Every published figure is met where the check is filled by itself. Forced on other
    data, it is only to be read. -#}
{% test matches_published_figures(model) %}

select *

from {{ model }}

where
    not is_match
    and not {{ is_check_forced() }}

{% endtest %}
