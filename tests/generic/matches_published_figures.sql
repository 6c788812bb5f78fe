{#- Every published figure matches on the full data. On other data, where the check is
    forced, it is only information. -#}
{% test matches_published_figures(model) %}

select *

from {{ model }}

where
    not is_match
    and not {{ is_check_forced() }}

{% endtest %}
