{#- The cells of one metric of published_figures, or of a part of it.

    metric: its name in the seed.
    rows: the step of the query that is measured.
    dimension: an expression that tells its cells apart.
    measure: an aggregate over the rows of a cell.
    condition: which rows. A metric without any is not in the package: one without
        customers.csv has no demographics, Kaggle's no prices, CareerFoundry's no
        train order products. -#}
{% macro measured_cells(
    metric, rows, dimension="'all'", measure='count(*)', condition='true'
) %}

    select
        '{{ metric }}' as metric,
        cast({{ dimension }} as string) as dimension,
        cast({{ measure }} as double) as actual

    from {{ rows }}

    where {{ condition }}

    group by {{ dimension }}
{% endmacro %}
