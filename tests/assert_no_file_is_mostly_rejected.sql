-- A file that loses more than half of its rows is not what its columns say: the marts
-- would stand on the rest. Of small files a few rows may be half.
with

file_row_counts as (

    select * from {{ ref('file_row_counts') }}

)

select
    source_file,
    rows_read,
    rows_rejected

from file_row_counts

where
    rows_read >= 100
    and rows_rejected > rows_read * 0.5
