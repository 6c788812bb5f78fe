-- A customer's orders are numbered from 1 on, and none is missing.
-- Skips no table when it fails. depends_on: {{ ref('published_figures_check') }}
{{ config(severity='warn') }}

with

checks as (

    select * from {{ ref('consistency_checks') }}

),

files as (

    select {{ file_names('orders') }} as source_files

    from {{ ref('file_row_counts') }}

)

select
    checks.row_count,
    concat(
        files.source_files,
        ': expected the order numbers of each customer to run from 1 without a gap,',
        ' found ', checks.row_count, ' missing; ',
        {{ text_literal(look_at(
            'select customer_id, max(order_number), count(*) from marts.fct_orders'
            ~ ' group by all having max(order_number) > count(*)'
        )) }},
        ', correct what data_quality.rejected_rows lists of the file or get it whole,',
        ' and build again.'
    ) as message

from checks

cross join files

where
    checks.dataset = 'orders'
    and checks.column_name = 'order_number'
    and checks.check_name = 'completeness'
    and checks.row_count > 0
