-- The fact keeps every staged order product whose order and product exist: none lost, none
-- doubled. Counted from staging and the dimensions, bypassing the models between.
with

staged as (

    select * from {{ ref('stg_instacart__order_products') }}

),

repeated as (

    select * from {{ ref('int_order_products_repeated') }}

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

    select count(*) as row_count

    from staged

    where
        order_id in (select orders.order_id from orders)
        and product_id in (select products.product_id from products)

),

surplus as (

    select count(*) as row_count

    from repeated

    where
        row_status <> 'kept'
        and order_id in (select orders.order_id from orders)
        and product_id in (select products.product_id from products)

),

actual as (

    select count(*) as row_count from order_products

)

select
    expected.row_count as rows_expected,
    surplus.row_count as rows_repeated,
    actual.row_count as rows_found,
    {{ sentence(
        'marts.fct_order_products',
        'each staged row of a known order and product once',
        "actual.row_count, ' rows, where ', expected.row_count, "
        ~ "' are staged and ', surplus.row_count, ' of them repeated'",
        project_fault('from data_quality.file_row_counts'),
    ) }} as message

from expected

cross join surplus

cross join actual

where expected.row_count - surplus.row_count <> actual.row_count
