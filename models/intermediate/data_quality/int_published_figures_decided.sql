{{ config(materialized='table') }}

with

published_figures as (

    select * from {{ ref('int_published_figures') }}

),

file_row_counts as (

    select * from {{ ref('file_row_counts') }}

),

-- The totals that identify the full data set; generated files can have them too.
loaded as (

    select
        count(*) as order_count,
        coalesce(sum(product_count) filter (where eval_set = 'prior'), 0)
            as prior_order_product_count

    from {{ ref('fct_orders') }}

),

origin as (

    select
        coalesce(
            bool_or(is_generated) filter (where dataset <> 'customers'), false
        ) as is_generated,
        coalesce(
            bool_or(is_generated) filter (where dataset = 'customers'), false
        ) as has_fabricated_customers,
        coalesce(bool_or(fabricated_columns = 'prices'), false)
            as has_fabricated_prices

    from file_row_counts

),

decided as (

    select
        {{ is_check_forced() }}
        or (
            not origin.is_generated
            and loaded.order_count = all_orders.published
            and loaded.prior_order_product_count = all_order_products.published
        ) as is_compared,
        not {{ is_check_forced() }}
        and origin.has_fabricated_customers as is_without_customers,
        not {{ is_check_forced() }}
        and origin.has_fabricated_prices as is_without_prices

    from loaded

    cross join origin

    inner join published_figures as all_orders
        on
            all_orders.metric = 'orders'
            and all_orders.dimension = 'all'

    inner join published_figures as all_order_products
        on
            all_order_products.metric = 'prior order products'
            and all_order_products.dimension = 'all'

)

select * from decided
