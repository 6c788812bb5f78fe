-- The fact keeps every staged order product of a known order and product: none lost, none
-- doubled. Sums of ids tell whether one is added where another is lost.
with

staged as (

    select * from {{ ref('stg_instacart__order_products') }}

),

repeated as (

    select * from {{ ref('int_order_products_repeated') }}

),

orphaned as (

    select * from {{ ref('int_order_products_orphaned') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

order_products as (

    select * from {{ ref('fct_order_products') }}

),

expected as (

    select
        count(*) as row_count,
        coalesce(sum(order_id), 0) as order_ids,
        coalesce(sum(product_id), 0) as product_ids

    from staged

),

left_out_rows as (

    select
        order_id,
        product_id

    from repeated

    where row_status <> 'kept'

    union all

    select
        order_id,
        product_id

    from orphaned

),

left_out as (

    select
        count(*) as row_count,
        coalesce(sum(order_id), 0) as order_ids,
        coalesce(sum(product_id), 0) as product_ids

    from left_out_rows

),

actual as (

    select
        count(*) as row_count,
        coalesce(sum(order_id), 0) as order_ids,
        coalesce(sum(product_id), 0) as product_ids

    from order_products

),

not_kept_once as (

    select
        order_id,
        product_id

    from repeated

    group by
        order_id,
        product_id

    having count(*) filter (where row_status = 'kept') <> 1

),

-- Rows that are left out without a reason.
wrongly_left_out as (

    select
        order_id,
        product_id

    from not_kept_once

    union all

    select
        order_id,
        product_id

    from orphaned

    where
        order_id in (select orders.order_id from orders)
        and product_id in (select products.product_id from products)

),

wrong as (

    select count(*) as row_count from wrongly_left_out

)

select
    expected.row_count as rows_staged,
    left_out.row_count as rows_left_out,
    wrong.row_count as rows_wrongly_left_out,
    actual.row_count as rows_found,
    {{ sentence(
        'marts.fct_order_products',
        'each staged row of a known order and product once',
        "actual.row_count, ' rows, where ', expected.row_count, ' are staged and ', "
        ~ "left_out.row_count, ' of them repeated or of an unknown one, ', "
        ~ "wrong.row_count, ' wrongly', "
        ~ "case when expected.row_count - left_out.row_count = actual.row_count "
        ~ "and wrong.row_count = 0 "
        ~ "then ', but some twice and others not at all' else '' end",
        project_fault(
            'select order_id, product_id, count(*) as row_count'
            ~ ' from marts.fct_order_products group by all having row_count > 1'
        ),
    ) }} as message

from expected

cross join left_out

cross join actual

cross join wrong

where
    expected.row_count - left_out.row_count <> actual.row_count
    or expected.order_ids - left_out.order_ids <> actual.order_ids
    or expected.product_ids - left_out.product_ids <> actual.product_ids
    or wrong.row_count > 0
