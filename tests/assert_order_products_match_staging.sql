-- The fact keeps every staged order product whose order and product exist: none lost, none
-- doubled. Counted from staging and the dimensions, past the models between.
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

    inner join orders
        on staged.order_id = orders.order_id

    inner join products
        on staged.product_id = products.product_id

),

surplus as (

    select count(*) as row_count

    from repeated

    inner join orders
        on repeated.order_id = orders.order_id

    inner join products
        on repeated.product_id = products.product_id

    where repeated.row_status <> 'kept'

),

actual as (

    select count(*) as row_count from order_products

)

select
    expected.row_count as rows_expected,
    surplus.row_count as rows_repeated,
    actual.row_count as rows_found

from expected

cross join surplus

cross join actual

where expected.row_count - surplus.row_count <> actual.row_count
