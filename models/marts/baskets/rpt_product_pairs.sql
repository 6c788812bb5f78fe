with

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

products as (

    select * from {{ ref('dim_products') }}

),

product_sales as (

    select * from {{ ref('int_product_sales_aggregated') }}

),

analysed as (

    select
        count(*) as order_count,
        {{ min_pair_orders('count(*)') }} as min_pair_orders

    from orders

),

-- A product in too few orders can't be in enough with another one.
frequent_products as (

    select
        product_id,
        order_product_count as order_count

    from product_sales

    where order_product_count >= (select analysed.min_pair_orders from analysed)

),

-- Read four times below: keeping most order products in memory would spill to disk.
frequent_order_products as{{ not_materialized_hint() }} (

    select
        order_products.order_id,
        order_products.customer_id,
        order_products.product_id

    from {{ ref('fct_order_products') }} as order_products

    inner join frequent_products
        on order_products.product_id = frequent_products.product_id

    where order_products.is_analysed

),

-- An order holds a product once, so its pairs of products are rows to count.
counted as (

    select
        products_a.product_id as product_id_a,
        products_b.product_id as product_id_b,
        count(*) as order_count

    from frequent_order_products as products_a

    inner join frequent_order_products as products_b
        on
            products_a.order_id = products_b.order_id
            and products_a.product_id < products_b.product_id

    group by
        products_a.product_id,
        products_b.product_id

),

-- Read four times below; without the hint all pairs would be counted again each time.
kept as{{ materialized_hint() }} (

    select
        product_id_a,
        product_id_b,
        {{ composite_key('product_id_a', 'product_id_b') }} as product_pair_key,
        order_count

    from counted

    where order_count >= (select analysed.min_pair_orders from analysed)

),

order_products_a as (

    select *

    from frequent_order_products

    where product_id in (select kept.product_id_a from kept)

),

order_products_b as (

    select *

    from frequent_order_products

    where product_id in (select kept.product_id_b from kept)

),

paired as (

    select
        {{ composite_key(
            'order_products_a.product_id', 'order_products_b.product_id'
        ) }} as product_pair_key,
        order_products_a.customer_id

    from order_products_b

    inner join order_products_a
        on
            order_products_b.order_id = order_products_a.order_id
            and order_products_b.product_id > order_products_a.product_id

),

-- Only pairs that are kept, joined by one key: with two columns DuckDB would join them
-- before the second product.
bought_by as (

    select
        paired.product_pair_key,
        paired.customer_id

    from paired

    inner join kept
        on paired.product_pair_key = kept.product_pair_key

    group by
        paired.product_pair_key,
        paired.customer_id

),

buyers as (

    select
        product_pair_key,
        count(*) as customer_count

    from bought_by

    group by product_pair_key

),

measured as (

    select
        kept.product_id_a,
        kept.product_id_b,
        products_a.product_name as product_name_a,
        products_b.product_name as product_name_b,
        sales_a.order_count as order_count_a,
        sales_b.order_count as order_count_b,
        buyers.customer_count,
        {{ pair_measures(
            'kept.order_count',
            'sales_a.order_count',
            'sales_b.order_count',
            'analysed.order_count',
        ) }}

    from kept

    left join buyers
        on kept.product_pair_key = buyers.product_pair_key

    inner join frequent_products as sales_a
        on kept.product_id_a = sales_a.product_id

    inner join frequent_products as sales_b
        on kept.product_id_b = sales_b.product_id

    inner join products as products_a
        on kept.product_id_a = products_a.product_id

    inner join products as products_b
        on kept.product_id_b = products_b.product_id

    cross join analysed

),

judged as (

    select
        *,
        {{ has_enough_customers('customer_count') }} as has_enough_customers

    from measured

)

select * from judged
