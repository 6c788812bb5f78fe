-- The Senior Vice President of Sales: Which part has the lowest market share, and why?
--
-- "We need to know what part of our offering has the lowest market share and why. Based
-- on this input, we could improve this sector and boost sales."
--
-- How to read it: departments, the lowest share of order products first. The reason is
-- a product of three factors, which together make the order products of a department:
-- customers who buy there at all, the orders in which each of them does, and what such
-- an order holds of it. Each is compared with the median department: 0.2 is a fifth of
-- it. main_reason names the factor that lags most, as lagging_factor does in a word. product_count is how much is on
-- offer.
--
-- What it doesn't show: that a small department does badly. People without pets need no
-- pet food, and bulk offers 38 products: market share is not profit, which the data
-- doesn't have. Departments other and missing are gaps in the catalogue rather than an
-- offer; those that departments.csv doesn't list, by mistyped ids, are left out. A share of order products is not one of customers; revenue_share follows
-- fabricated prices.
with

listed_departments as (

    select department_id

    from marts.dim_departments

    where is_listed

),

departments as (

    select reported.*

    from marts.rpt_departments as reported

    inner join listed_departments
        on reported.department_id = listed_departments.department_id

),

customers as (

    select * from marts.dim_customers

    where order_count > 0

),

all_customers as (

    select count(*) as customer_count

    from customers

),

factored as (

    select
        departments.*,
        departments.customer_count / nullif(all_customers.customer_count, 0)
            as customer_share,
        departments.order_count / nullif(departments.customer_count, 0)
            as orders_per_buyer,
        departments.order_product_count / nullif(departments.order_count, 0)
            as products_per_order

    from departments

    cross join all_customers

),

median_department as (

    select
        median(customer_share) as customer_share,
        median(orders_per_buyer) as orders_per_buyer,
        median(products_per_order) as products_per_order

    from factored

    where order_product_count > 0

),

compared as (

    select
        factored.*,
        median_department.customer_share as median_customer_share,
        median_department.orders_per_buyer as median_orders_per_buyer,
        median_department.products_per_order as median_products_per_order,
        factored.customer_share / median_department.customer_share
            as customers_against_median,
        factored.orders_per_buyer / median_department.orders_per_buyer
            as orders_against_median,
        factored.products_per_order / median_department.products_per_order
            as products_against_median

    from factored

    cross join median_department

),

lagging as (

    select
        *,
        case
            when order_product_count = 0 then 'customers'
            when
                customers_against_median >= 1
                and orders_against_median >= 1
                and products_against_median >= 1
                then 'none'
            when
                customers_against_median <= orders_against_median
                and customers_against_median <= products_against_median
                then 'customers'
            when orders_against_median <= products_against_median then 'orders'
            else 'products'
        end as lagging_factor

    from compared

),

explained as (

    select
        *,
        case
            when order_product_count = 0 then 'Nobody bought any.'
            when lagging_factor = 'none'
                then 'None: no factor lags behind the median department.'
            when lagging_factor = 'customers'
                then
                    'Few customers: '
                    || cast(cast(100 * customer_share as decimal(4, 1)) as string)
                    || '% ever bought there, '
                    || cast(
                        cast(100 * median_customer_share as decimal(4, 1)) as string
                    )
                    || '% in the median department.'
            when lagging_factor = 'orders'
                then
                    'Seldom bought: its customers in '
                    || cast(cast(orders_per_buyer as decimal(6, 1)) as string)
                    || ' of their orders each, '
                    || cast(cast(median_orders_per_buyer as decimal(6, 1)) as string)
                    || ' in the median department.'
            else
                'Few at a time: '
                || cast(cast(products_per_order as decimal(6, 2)) as string)
                || ' products in an order with any, '
                || cast(cast(median_products_per_order as decimal(6, 2)) as string)
                || ' in the median department.'
        end as main_reason

    from lagging

),

described as (

    select
        department,
        department_group,
        order_product_rank,
        customer_count,
        order_count,
        order_product_count,
        round(order_product_share, 6) as order_product_share,
        round(revenue_share, 6) as revenue_share,
        main_reason,
        lagging_factor,
        round(customer_share, 6) as customer_share,
        round(customers_against_median, 2) as customers_against_median,
        round(orders_per_buyer, 2) as orders_per_buyer,
        round(orders_against_median, 2) as orders_against_median,
        round(products_per_order, 2) as products_per_order,
        round(products_against_median, 2) as products_against_median,
        product_count,
        round(reorder_rate, 6) as reorder_rate,
        round(avg_product_price, 2) as avg_product_price

    from explained

)

select * from described

order by order_product_rank desc
