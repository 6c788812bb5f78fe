-- If there is a file of customers, it has all who order.
-- Skips no table when it fails. depends_on: {{ ref('published_figures_check') }}
{{ config(severity='warn') }}

with

checks as (

    select * from {{ ref('consistency_checks') }}

),

customers as (

    select * from {{ ref('int_customers_screened') }}

),

ordering_customers as (

    select customer_id

    from {{ ref('int_orders') }}

    group by customer_id

),

absent as (

    select count(*) as customer_count

    from ordering_customers

    where customer_id not in (select customers.customer_id from customers)

),

files as (

    select
        sum(rows_kept) filter (where dataset = 'orders') as order_count,
        {{ file_names('customers') }} as source_files

    from {{ ref('file_row_counts') }}

)

select
    checks.row_count,
    files.order_count,
    concat(
        files.source_files,
        ': expected each customer who ordered, found ', absent.customer_count,
        ' missing, who placed ', checks.row_count, ' of ', files.order_count,
        ' orders (',
        {{ percentage('checks.row_count', 'files.order_count') }},
        ' %); the file may end early or be of another package, or its rows were',
        ' rejected (see data_quality.rejected_rows); correct it or get it again, and',
        ' build again.'
    ) as message

from checks

cross join absent

cross join files

where
    checks.dataset = 'orders'
    and checks.column_name = 'user_id'
    and checks.check_name = 'referential'
    and checks.row_count > 0
