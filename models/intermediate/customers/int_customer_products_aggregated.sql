{{ config(materialized='table') }}

with

order_products as (

    select * from {{ ref('int_order_products') }}

    where is_analysed

),

aggregated as (

    select
        customer_id,
        product_id,
        cast(count(*) as integer) as order_product_count,
        cast(count(*) filter (where is_reordered) as integer)
            as reordered_product_count

    from order_products

    group by
        customer_id,
        product_id

)

select * from aggregated
