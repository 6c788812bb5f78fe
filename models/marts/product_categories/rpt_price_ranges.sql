with

products as (

    select * from {{ ref('dim_products') }}

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

product_sales as (

    select * from {{ ref('int_product_sales_aggregated') }}

),

buyers as (

    select * from {{ ref('int_price_range_buyers_counted') }}

),

sold as (

    select
        products.price_range,
        count(*) as product_count,
        sum(product_sales.order_product_count) as order_product_count,
        sum(product_sales.reordered_product_count) as reordered_product_count,
        sum(product_sales.revenue) as revenue

    from products

    left join product_sales
        on products.product_id = product_sales.product_id

    group by products.price_range

),

joined as (

    select
        sold.price_range,
        sold.product_count,
        buyers.customer_count,
        buyers.order_count,
        sold.order_product_count,
        sold.reordered_product_count,
        sold.revenue,
        prices.has_prices

    from sold

    left join buyers
        on sold.price_range = buyers.price_range

    cross join prices

),

measured as (

    select
        price_range,
        product_count,
        {{ sales_measures('price_range') }}

    from joined

)

select * from measured
