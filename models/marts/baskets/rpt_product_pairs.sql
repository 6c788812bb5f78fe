{#- Their pairs fit an array of 20 bits (perfect_ht_threshold in profiles.yml). -#}
{% set best_sellers = 1021 -%}

with

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

products as (

    select * from {{ ref('dim_products') }}

),

-- Read from its table each time: of rows that it keeps in memory DuckDB does not know the
-- highest rank, and would hash pairs instead of counting them in an array.
product_sales as{{ computed_each_time() }} (

    select * from {{ ref('int_product_sales_aggregated') }}

),

analysed as (

    select
        count(*) as order_count,
        {{ min_pair_orders('count(*)') }} as min_pair_orders

    from orders

),

-- A product in too few orders can't be in enough with another one.
frequent_products as{{ computed_each_time() }} (

    select
        product_id,
        order_product_rank,
        order_product_count as order_count

    from product_sales

    where order_product_count >= (select analysed.min_pair_orders from analysed)

),

frequent_order_products as{{ computed_each_time() }} (

    select
        order_products.order_id,
        frequent_products.order_product_rank

    from {{ ref('fct_order_products') }} as order_products

    inner join frequent_products
        on order_products.product_id = frequent_products.product_id

    where order_products.is_analysed

),

-- An order holds a product once, so that its pairs are rows to count: those of two best
-- sellers, which most are, and the others.
counted as (
{% for pairs_of in [
    'products_a.order_product_rank <= %d and products_b.order_product_rank <= %d' % (best_sellers, best_sellers),
    'products_b.order_product_rank > %d' % best_sellers,
] %}
    select
        products_a.order_product_rank as rank_a,
        products_b.order_product_rank as rank_b,
        count(*) as order_count

    from frequent_order_products as products_a

    inner join frequent_order_products as products_b
        on
            products_a.order_id = products_b.order_id
            and products_a.order_product_rank < products_b.order_product_rank

    where {{ pairs_of }}

    group by
        products_a.order_product_rank,
        products_b.order_product_rank

    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Read four times below.
kept as{{ computed_once() }} (

    select
        least(products_a.product_id, products_b.product_id) as product_id_a,
        greatest(products_a.product_id, products_b.product_id) as product_id_b,
        {{ joint_key('product_id_a', 'product_id_b') }} as product_pair_key,
        counted.order_count

    from counted

    inner join frequent_products as products_a
        on counted.rank_a = products_a.order_product_rank

    inner join frequent_products as products_b
        on counted.rank_b = products_b.order_product_rank

    where counted.order_count >= (select analysed.min_pair_orders from analysed)

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

)

select * from measured
