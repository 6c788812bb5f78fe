{#- No raw file loses more than a share of its rows.

    maximum: the share, 0 to 1.
    minimum_rows: files with fewer rows pass; half of them may be a few. -#}
{% test max_rejected_share(model, maximum, minimum_rows=0) %}

select
    source_file,
    rows_read,
    rows_rejected

from {{ model }}

where
    rows_read >= {{ minimum_rows }}
    and rows_rejected > rows_read * {{ maximum }}

{% endtest %}
