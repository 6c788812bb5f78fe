-- The customer: Which products are relevant recommendations to me?
--
-- How to read it: for a product in the cart, up to three others that go with it;
-- products with the closest companion come first. lift is how many times more often the
-- two are in one order than by chance; confidence is the share of the product's orders
-- that hold the other one too. is_same_aisle tells substitutes from complements.
-- reorder_rate is that of the recommended product: how many of its buyers come back for
-- it.
--
-- What it doesn't show: that customers want recommendations, or would buy more: the two
-- were bought together without any. By count alone everybody would be recommended
-- bananas, which are in every seventh order; hence lift. Pairs in too few orders are
-- not reported (the var min_pair_orders), so most products have no recommendation. On a
-- small extract most reported pairs are chance: unless has_enough_customers is true,
-- one customer who always buys the same makes a pair. Large orders hold much of
-- everything, so a lift below 2 means little. In the synthetic data only its six
-- planted pairs and departments of few customers stand out.
with

product_pairs as (

    select * from marts.rpt_product_pairs

),

products as (

    select * from marts.rpt_products

),

-- A lift near 1 is found in any large order.
bounds as (

    select
        1.5 as lowest_lift,
        3 as most_recommendations

),

both_ways as (

    select
        product_id_a as product_id,
        product_id_b as recommended_product_id,
        customer_count,
        has_enough_customers,
        order_count,
        confidence_a_to_b as confidence,
        lift

    from product_pairs

    union all

    select
        product_id_b as product_id,
        product_id_a as recommended_product_id,
        customer_count,
        has_enough_customers,
        order_count,
        confidence_b_to_a as confidence,
        lift

    from product_pairs

),

ranked as (

    select
        both_ways.*,
        row_number() over (
            partition by both_ways.product_id
            order by both_ways.lift desc, both_ways.recommended_product_id asc
        ) as recommendation_rank,
        max(both_ways.lift) over (partition by both_ways.product_id) as highest_lift

    from both_ways

    inner join bounds
        on both_ways.lift >= bounds.lowest_lift

),

recommended as (

    select ranked.*

    from ranked

    inner join bounds
        on ranked.recommendation_rank <= bounds.most_recommendations

),

described as (

    select
        products.order_product_rank as product_rank,
        products.product_name as product,
        products.customer_count,
        products.order_count,
        products.order_product_count,
        recommended.recommendation_rank,
        recommended_products.product_name as recommended_product,
        recommended_products.department as recommended_department,
        products.aisle_id = recommended_products.aisle_id as is_same_aisle,
        recommended.customer_count as customers_with_both,
        recommended.has_enough_customers,
        recommended.order_count as orders_with_both,
        round(recommended.confidence, 6) as confidence,
        round(recommended.lift, 2) as lift,
        round(recommended.highest_lift, 2) as highest_lift,
        round(recommended_products.reorder_rate, 6) as reorder_rate

    from recommended

    inner join products
        on recommended.product_id = products.product_id

    inner join products as recommended_products
        on recommended.recommended_product_id = recommended_products.product_id

)

select * from described

order by
    highest_lift desc,
    product_rank asc,
    recommendation_rank asc
