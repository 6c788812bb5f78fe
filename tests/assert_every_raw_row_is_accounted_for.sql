-- Of every raw file, rows read = rows kept + duplicates removed + rows rejected, and the
-- rejected ones are listed.
with

file_row_counts as (

    select * from {{ ref('file_row_counts') }}

),

rejected_rows as (

    select * from {{ ref('rejected_rows') }}

),

listed as (

    select
        dataset,
        source_file,
        count(*) as rows_listed

    from rejected_rows

    group by
        dataset,
        source_file

)

select
    file_row_counts.dataset,
    file_row_counts.source_file,
    file_row_counts.rows_read,
    file_row_counts.rows_kept,
    file_row_counts.duplicates_removed,
    file_row_counts.rows_rejected,
    listed.rows_listed,
    {{ sentence(
        'data_quality.file_row_counts',
        'rows read = rows kept + duplicates removed + rows rejected, of each file',
        "coalesce(file_row_counts.rows_read, 0), ' = ', "
        ~ "coalesce(file_row_counts.rows_kept, 0), ' + ', "
        ~ "coalesce(file_row_counts.duplicates_removed, 0), ' + ', "
        ~ "coalesce(file_row_counts.rows_rejected, 0), ' and ', "
        ~ "coalesce(listed.rows_listed, 0), ' rows listed in rejected_rows for ', "
        ~ "coalesce(file_row_counts.source_file, listed.source_file, 'no file')",
        project_fault('from data_quality.file_row_counts'),
    ) }} as message

from file_row_counts

full outer join listed
    on
        file_row_counts.dataset = listed.dataset
        and file_row_counts.source_file = listed.source_file

where
    file_row_counts.dataset is null
    or file_row_counts.rows_read <> (
        file_row_counts.rows_kept
        + file_row_counts.duplicates_removed
        + file_row_counts.rows_rejected
    )
    or file_row_counts.rows_rejected <> coalesce(listed.rows_listed, 0)
