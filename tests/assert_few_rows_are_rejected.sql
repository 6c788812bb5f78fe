-- A file that loses more than a hundredth of its rows deserves a look before it is used.
{{ config(severity='warn') }}

with

file_row_counts as (

    select * from {{ ref('file_row_counts') }}

)

select
    source_file,
    rows_read,
    rows_rejected

from file_row_counts

where rows_rejected > rows_read * 0.01
