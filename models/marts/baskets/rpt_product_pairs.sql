with

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

order_products as (

    select * from {{ ref('fct_order_products') }}

    where is_analysed

),

products as (

    select * from {{ ref('dim_products') }}

),

product_sales as (

    select * from {{ ref('int_product_sales_aggregated') }}

),

pairs as (

    select * from {{ ref('int_product_pairs_counted') }}

),

analysed as (

    select count(*) as order_count from orders

),

products_in_pairs as (

    select product_id_a as product_id

    from pairs

    union

    select product_id_b as product_id

    from pairs

),

paired_order_products as (

    select
        order_id,
        customer_id,
        product_id

    from order_products

    where product_id in (select products_in_pairs.product_id from products_in_pairs)

),

bought_together as (

    select
        products_a.customer_id,
        {{ joint_key('products_a.product_id', 'products_b.product_id') }}
            as product_pair_key

    from paired_order_products as products_a

    inner join paired_order_products as products_b
        on
            products_a.order_id = products_b.order_id
            and products_a.product_id < products_b.product_id

),

-- Joined by the key of both ids: with two columns DuckDB may join the pairs before the
-- second product, which takes minutes.
customer_pairs as (

    select
        bought_together.customer_id,
        pairs.product_id_a,
        pairs.product_id_b

    from bought_together

    inner join pairs
        on
            bought_together.product_pair_key
            = {{ joint_key('pairs.product_id_a', 'pairs.product_id_b') }}

    group by
        bought_together.customer_id,
        pairs.product_id_a,
        pairs.product_id_b

),

buyers as (

    select
        product_id_a,
        product_id_b,
        count(*) as customer_count

    from customer_pairs

    group by
        product_id_a,
        product_id_b

),

measured as (

    select
        pairs.product_id_a,
        pairs.product_id_b,
        products_a.product_name as product_name_a,
        products_b.product_name as product_name_b,
        sales_a.order_product_count as order_count_a,
        sales_b.order_product_count as order_count_b,
        buyers.customer_count,
        {{ pair_measures(
            'pairs.order_count',
            'sales_a.order_product_count',
            'sales_b.order_product_count',
            'analysed.order_count',
        ) }}

    from pairs

    left join buyers
        on
            pairs.product_id_a = buyers.product_id_a
            and pairs.product_id_b = buyers.product_id_b

    inner join products as products_a
        on pairs.product_id_a = products_a.product_id

    inner join products as products_b
        on pairs.product_id_b = products_b.product_id

    inner join product_sales as sales_a
        on pairs.product_id_a = sales_a.product_id

    inner join product_sales as sales_b
        on pairs.product_id_b = sales_b.product_id

    cross join analysed

)

select * from measured
