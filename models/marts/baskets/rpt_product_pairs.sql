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
        product_sales.product_id,
        products.product_name,
        product_sales.order_product_count as order_count

    from product_sales

    inner join products
        on product_sales.product_id = products.product_id

    cross join analysed

    where product_sales.order_product_count >= analysed.min_pair_orders

),

frequent_order_products as{{ computed_each_time() }} (

    select
        order_id,
        product_id

    from {{ ref('fct_order_products') }}

    where
        is_analysed
        and product_id in (select frequent_products.product_id from frequent_products)

),

-- One number for both ids groups a fifth faster than two columns; an order holds a
-- product once, so that its pairs are rows to count.
counted as (

    select
        {{ joint_key('products_a.product_id', 'products_b.product_id') }}
            as product_pair_key,
        count(*) as order_count

    from frequent_order_products as products_a

    inner join frequent_order_products as products_b
        on
            products_a.order_id = products_b.order_id
            and products_a.product_id < products_b.product_id

    group by product_pair_key

),

-- Read four times below.
kept as{{ computed_once() }} (

    select
        counted.product_pair_key,
        {{ first_id('counted.product_pair_key') }} as product_id_a,
        {{ second_id('counted.product_pair_key') }} as product_id_b,
        counted.order_count

    from counted

    cross join analysed

    where counted.order_count >= analysed.min_pair_orders

),

order_products_a as (

    select
        order_id,
        customer_id,
        product_id

    from {{ ref('fct_order_products') }}

    where
        is_analysed
        and product_id in (select kept.product_id_a from kept)

),

order_products_b as (

    select
        order_id,
        product_id

    from {{ ref('fct_order_products') }}

    where
        is_analysed
        and product_id in (select kept.product_id_b from kept)

),

paired as (

    select
        {{ joint_key('order_products_a.product_id', 'order_products_b.product_id') }}
            as product_pair_key,
        order_products_a.customer_id

    from order_products_b

    inner join order_products_a
        on
            order_products_b.order_id = order_products_a.order_id
            and order_products_b.product_id > order_products_a.product_id

),

-- Of the pairs that are kept only, joined by one key: with two columns DuckDB joins them
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
        products_a.order_count as order_count_a,
        products_b.order_count as order_count_b,
        buyers.customer_count,
        {{ pair_measures(
            'kept.order_count',
            'products_a.order_count',
            'products_b.order_count',
            'analysed.order_count',
        ) }}

    from kept

    left join buyers
        on kept.product_pair_key = buyers.product_pair_key

    inner join frequent_products as products_a
        on kept.product_id_a = products_a.product_id

    inner join frequent_products as products_b
        on kept.product_id_b = products_b.product_id

    cross join analysed

)

select * from measured
