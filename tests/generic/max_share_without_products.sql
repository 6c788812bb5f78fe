{#- No more than a share of the analysed orders have no product.

    orders, files: the tables of orders and of raw files.
    maximum: the share, 0 to 1.
    minimum_orders: fewer orders pass. -#}
{% test max_share_without_products(model, orders, files, maximum, minimum_orders=0) %}

{%- set expected = 'each analysed order' if maximum == 0
    else 'at least ' ~ '%g' % (100 - maximum * 100) ~ ' % of the analysed orders' %}

-- Skips no table when it fails. depends_on: {{ ref('published_figures_check') }}
with

expected as (

    select count(*) as order_count

    from {{ orders }}

    where {{ expects_products() }}

),

read_files as (

    select {{ file_names('order_products') }} as source_files

    from {{ files }}

)

select
    expected.order_count,
    checks.row_count,
    concat(
        read_files.source_files,
        ': expected products of {{ expected }}, found none for ',
        checks.row_count, ' of ', expected.order_count, ' (',
        {{ percentage('checks.row_count', 'expected.order_count') }},
        ' %); the file may end early, a part of it be missing or its rows be rejected (see',
        ' data_quality.rejected_rows), so get it whole or correct it, and build again.'
    ) as message

from {{ model }} as checks

cross join expected

cross join read_files

where
    checks.dataset = 'orders'
    and checks.column_name = 'order_id'
    and checks.check_name = 'completeness'
    and expected.order_count >= {{ minimum_orders }}
    and checks.row_count > expected.order_count * {{ maximum }}

{% endtest %}
