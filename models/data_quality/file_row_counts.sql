with

outcomes as (

    select * from {{ ref('int_row_outcomes_counted') }}

),

pivoted as (

    select
        dataset,
        source_file,
        {% for outcome, column in {
            'read': 'rows_read', 'kept': 'rows_kept', 'duplicate': 'duplicates_removed',
        }.items() -%}
        cast(
            coalesce(sum(row_count) filter (where outcome = '{{ outcome }}'), 0)
            as bigint
        ) as {{ column }},
        {% endfor -%}
        cast(
            coalesce(
                sum(row_count) filter (
                    where outcome not in ('read', 'kept', 'duplicate')
                ),
                0
            ) as bigint
        ) as rows_rejected

    from outcomes

    group by
        dataset,
        source_file

)

select * from pivoted
