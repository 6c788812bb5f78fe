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

-- An order holds a product once, so its orders are its order products.
joined as (

    select
        products.product_id,
        products.product_name,
        products.aisle_id,
        products.aisle,
        products.department_id,
        products.department,
        products.price,
        products.price_range,
        product_sales.customer_count,
        product_sales.order_product_count as order_count,
        product_sales.order_product_count,
        product_sales.reordered_product_count,
        product_sales.revenue,
        prices.has_prices

    from products

    left join product_sales
        on products.product_id = product_sales.product_id

    cross join prices

),

measured as (

    select
        product_id,
        product_name,
        aisle_id,
        aisle,
        department_id,
        department,
        price,
        price_range,
        {{ sales_measures('product_id') }}

    from joined

)

select * from measured
