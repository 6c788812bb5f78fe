{#- Rendered when a run ends, whatever engine it ran on, and run by DuckDB. -#}
{% macro changes_since_last_version(figures_before, figures_now) %}
    {%- set verdicts = var('difference_verdict') %}
    with

    compared as (

        select
            figure,
            dimension,
            dimension_value,
            coalesce(
                least(figures_before.customer_count, figures_now.customer_count),
                figures_now.customer_count,
                figures_before.customer_count
            ) as customer_count,
            figures_before.figure_value as before,
            figures_now.figure_value as now,
            figures_now.figure_value - figures_before.figure_value as change

        from {{ figures_before }} as figures_before

        full join {{ figures_now }} as figures_now
            using (figure, dimension, dimension_value)

    ),

    measured as (

        select
            *,
            {{ ratio('change', 'before') }} as relative_change

        from compared

    )

    select
        *,
        case
            when not {{ has_enough_customers('customer_count') }}
                then '{{ verdicts["too_few"] }}'
            when
                before is null
                or now is null
                or relative_change is null and change <> 0
                or {{ comparable('abs(relative_change)') }}
                >= {{ share_var('min_relative_change') }}
                then '{{ verdicts["differs"] }}'
            else '{{ verdicts["same"] }}'
        end as verdict

    from measured
{% endmacro %}
