-- The last line of a file is whole.
-- Skips no table when it fails. depends_on: {{ ref('published_figures_check') }}
{{ config(severity='warn') }}

with

files as (

    select * from {{ ref('stg_instacart__files') }}

)

select
    source_file,
    concat(
        source_file,
        ': expected a whole last line, found one that breaks off; the file ends early,',
        ' so compare its size with the original, get it whole, and build again.'
    ) as message

from files

where is_cut_short
