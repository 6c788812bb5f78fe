-- A file of customers writes either the day or the month first: of 3/4/2017, only its other
-- dates say which.
-- Skips no table when it fails. depends_on: {{ ref('published_figures_check') }}
with

customers as (

    select * from {{ ref('base_instacart__customers') }}

),

files as (

    select * from {{ ref('stg_instacart__files') }}

    where dataset = 'customers'

),

counted as (

    select
        file_number,
        count(*) filter (where date_order = 'day first') as day_first_count,
        count(*) filter (where date_order = 'month first') as month_first_count

    from customers

    group by file_number

)

select
    files.source_file,
    counted.day_first_count,
    counted.month_first_count,
    concat(
        files.source_file, ', column date_joined: expected the day first in all dates,',
        ' or the month, found ', counted.day_first_count, ' with the day and ',
        counted.month_first_count, ' with the month; write all as 2017-01-31 and build',
        ' again.'
    ) as message

from counted

inner join files
    on counted.file_number = files.file_number

where
    100 * least(counted.day_first_count, counted.month_first_count)
    > counted.day_first_count + counted.month_first_count
