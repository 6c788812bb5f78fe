{#- Every published figure matches on the full data. On other data, where the check is
    forced, it is only information. -#}
{% test matches_published_figures(model) %}

select
    *,
    {{ sentence(
        table_name(model),
        'each published figure to match what the reports say',
        "count(*) over (), ' that do not, such as ', metric, ', ', dimension,"
        ~ " ' (published ', published, ', here ',"
        ~ " coalesce(cast(actual as string), 'nothing'), ')'",
        look_at('from ' ~ table_name(model) ~ ' where not is_match')
        ~ ', and get the raw files again if they are not as published',
    ) }} as message

from {{ model }}

where
    not is_match
    and not {{ is_check_forced() }}

{% endtest %}
