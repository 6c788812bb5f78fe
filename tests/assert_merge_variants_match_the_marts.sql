-- The correct variant holds what the facts hold; what is lost and what is extra explain
-- every other one.
with

merge_variants as (

    select * from {{ ref('merge_variants') }}

),

orders as (

    select coalesce(sum(product_count), 0) as order_product_count

    from {{ ref('fct_orders') }}

    where is_analysed

),

customers as (

    select coalesce(sum(order_product_count), 0) as order_product_count

    from {{ ref('dim_customers') }}

    where {{ is_high_activity() }}

),

last_variant as (

    select max(variant_number) as variant_number from merge_variants

)

select
    merge_variants.variant,
    merge_variants.order_product_count,
    merge_variants.high_activity_order_product_count,
    orders.order_product_count as expected_order_products,
    customers.order_product_count as expected_high_activity,
    {{ sentence(
        'data_quality.merge_variants',
        'each variant to differ from the facts by what it loses and doubles',
        "merge_variants.order_product_count, ' order products of ', "
        ~ "merge_variants.variant, ' beside ', orders.order_product_count, "
        ~ "' in the facts'",
        project_fault('from data_quality.merge_variants'),
    ) }} as message

from merge_variants

cross join orders

cross join customers

cross join last_variant

where
    merge_variants.order_product_count <> (
        orders.order_product_count
        + merge_variants.extra_order_product_count
        - merge_variants.lost_order_product_count
    )
    or (
        merge_variants.variant_number = last_variant.variant_number
        and (
            merge_variants.difference_from_correct <> 0
            or merge_variants.high_activity_order_product_count
            <> customers.order_product_count
        )
    )
