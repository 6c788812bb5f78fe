-- Key question 3: Which simpler price range groupings help to direct efforts?
--
-- Instacart has many products with different price tags. Marketing and sales want
-- simpler groupings.
--
-- How to read it: one row per price range, the cheapest first. lowest_price and
-- highest_price are those of its products in the catalogue, bought or not. Compare
-- product_share, what is on offer, with order_product_share, what is bought, and
-- revenue_share, what it earns. customer_share is the share of customers who bought in
-- the range at least once; most bought in several, so these shares don't add up to 1.
--
-- What it doesn't show: what customers can afford. Prices are fabricated, and
-- largest_department shows that the high range is one department rather than a taste. A
-- share of order products is not a share of customers. Without prices there is one row.
with

price_ranges as (

    select * from marts.rpt_price_ranges

),

products as (

    select * from marts.rpt_products

),

customers as (

    select * from marts.dim_customers

    where order_count > 0

),

all_customers as (

    select count(*) as customer_count

    from customers

),

price_bounds as (

    select
        price_range,
        min(price) as lowest_price,
        max(price) as highest_price

    from products

    group by price_range

),

listed_departments as (

    select department_id

    from marts.dim_departments

    where is_listed

),

range_departments as (

    select
        products.price_range,
        products.department,
        sum(products.order_product_count) as order_product_count

    from products

    inner join listed_departments
        on products.department_id = listed_departments.department_id

    group by
        products.price_range,
        products.department

),

largest_departments as (

    select *

    from range_departments

    qualify
        row_number() over (
            partition by price_range
            order by order_product_count desc, department asc
        ) = 1

),

described as (

    select
        price_ranges.price_range,
        price_bounds.lowest_price,
        price_bounds.highest_price,
        price_ranges.product_count,
        round(
            price_ranges.product_count / sum(price_ranges.product_count) over (), 6
        ) as product_share,
        price_ranges.customer_count,
        round(
            price_ranges.customer_count / nullif(all_customers.customer_count, 0), 6
        ) as customer_share,
        price_ranges.order_count,
        price_ranges.order_product_count,
        round(price_ranges.order_product_share, 6) as order_product_share,
        price_ranges.revenue,
        round(price_ranges.revenue_share, 6) as revenue_share,
        round(price_ranges.reorder_rate, 6) as reorder_rate,
        largest_departments.department as largest_department,
        round(
            largest_departments.order_product_count
            / nullif(price_ranges.order_product_count, 0),
            6
        ) as largest_department_share

    from price_ranges

    inner join price_bounds
        on price_ranges.price_range = price_bounds.price_range

    left join largest_departments
        on price_ranges.price_range = largest_departments.price_range

    cross join all_customers

)

select * from described

order by
    lowest_price asc nulls last,
    price_range asc
