with

aisles as (

    select * from {{ ref('dim_aisles') }}

),

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

    select * from {{ ref('int_aisle_buyers_counted') }}

),

sold as (

    select
        products.aisle_id,
        count(*) as product_count,
        sum(product_sales.order_product_count) as order_product_count,
        sum(product_sales.reordered_product_count) as reordered_product_count,
        sum(product_sales.revenue) as revenue

    from products

    left join product_sales
        on products.product_id = product_sales.product_id

    group by products.aisle_id

),

joined as (

    select
        aisles.aisle_id,
        aisles.aisle,
        aisles.department_id,
        aisles.department,
        coalesce(sold.product_count, 0) as product_count,
        buyers.customer_count,
        buyers.order_count,
        sold.order_product_count,
        sold.reordered_product_count,
        sold.revenue,
        prices.has_prices

    from aisles

    left join sold
        on aisles.aisle_id = sold.aisle_id

    left join buyers
        on aisles.aisle_id = buyers.aisle_id

    cross join prices

),

measured as (

    select
        aisle_id,
        aisle,
        department_id,
        department,
        product_count,
        {{ sales_measures('aisle_id') }}

    from joined

),

scored as (

    select
        *,
        {{ opportunity_score() }} as opportunity_score

    from measured

),

ranked as (

    select
        *,
        {{ opportunity_rank('aisle_id') }} as opportunity_rank

    from scored

)

select * from ranked
