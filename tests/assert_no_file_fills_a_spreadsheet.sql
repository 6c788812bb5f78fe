-- A file with exactly as many lines as a spreadsheet holds was cut by one.
-- Skips no table when it fails. depends_on: {{ ref('published_figures_check') }}
with

files as (

    select * from {{ ref('file_row_counts') }}

)

select
    source_file,
    rows_read,
    concat(
        source_file,
        ': expected all lines of the original, found exactly the ', rows_read + 1,
        ' that a spreadsheet holds; it has cut the rest, so get the original,',
        ' leave it unopened, and build again.'
    ) as message

from files

where {{ fills_a_spreadsheet('rows_read') }}
