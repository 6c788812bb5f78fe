-- Key question 4: Which departments have the highest frequency of product orders?
--
-- The marketing and sales teams want to know whether certain types of products are more
-- popular than others.
--
-- How to read it: departments by their order products, the most first. Popularity has
-- three sides: customer_share, who ever bought there; order_share, which orders hold
-- it; and order_product_share, how much of all that is bought it is. cumulative_share
-- adds the last one up: the first few departments sell most. largest_aisle is the aisle
-- that sells most of it. Departments that departments.csv doesn't list count in all
-- shares and are left out: a mistyped id is no department.
--
-- What it doesn't show: shares of customers. Produce is three in ten order products,
-- and yet nearly everybody buys it. Shares of customers and orders don't add up to 1,
-- as each counts for every department in it. There are no quantities: ten bananas are
-- one order product.
with

departments as (

    select * from marts.rpt_departments

),

listed_departments as (

    select department_id

    from marts.dim_departments

    where is_listed

),

products as (

    select * from marts.rpt_products

),

days as (

    select * from marts.rpt_days_of_week

),

customers as (

    select * from marts.dim_customers

    where order_count > 0

),

all_customers as (

    select count(*) as customer_count

    from customers

),

all_orders as (

    select sum(order_count) as order_count

    from days

),

-- With all departments that sell more.
accumulated as (

    select
        department_id,
        sum(order_product_count) over (
            order by order_product_rank
            rows between unbounded preceding and current row
        ) / nullif(sum(order_product_count) over (), 0) as cumulative_share

    from departments

),

department_aisles as (

    select
        department_id,
        aisle_id,
        aisle,
        sum(order_product_count) as order_product_count

    from products

    group by
        department_id,
        aisle_id,
        aisle

),

largest_aisles as (

    select *

    from department_aisles

    where order_product_count > 0

    qualify
        row_number() over (
            partition by department_id
            order by order_product_count desc, aisle_id asc
        ) = 1

),

described as (

    select
        departments.order_product_rank,
        departments.department,
        departments.department_group,
        departments.customer_count,
        round(
            departments.customer_count / nullif(all_customers.customer_count, 0), 6
        ) as customer_share,
        departments.order_count,
        round(
            departments.order_count / nullif(all_orders.order_count, 0), 6
        ) as order_share,
        departments.order_product_count,
        round(departments.order_product_share, 6) as order_product_share,
        round(accumulated.cumulative_share, 6) as cumulative_share,
        round(departments.reorder_rate, 6) as reorder_rate,
        largest_aisles.aisle as largest_aisle,
        round(
            largest_aisles.order_product_count
            / nullif(departments.order_product_count, 0),
            6
        ) as largest_aisle_share

    from departments

    inner join listed_departments
        on departments.department_id = listed_departments.department_id

    inner join accumulated
        on departments.department_id = accumulated.department_id

    cross join all_customers

    cross join all_orders

    left join largest_aisles
        on departments.department_id = largest_aisles.department_id

)

select * from described

order by order_product_rank
