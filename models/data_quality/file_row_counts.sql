with

outcomes as (

    select * from {{ ref('int_row_outcomes_counted') }}

),

files as (

    select * from {{ ref('stg_instacart__files') }}

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

),

described as (

    select
        pivoted.dataset,
        pivoted.source_file,
        coalesce(files.fabricated_columns = 'all', false) as is_generated,
        files.fabricated_columns,
        pivoted.rows_read,
        pivoted.rows_kept,
        pivoted.duplicates_removed,
        pivoted.rows_rejected

    from pivoted

    left join files
        on
            pivoted.dataset = files.dataset
            and pivoted.source_file = files.source_file

)

select * from described
