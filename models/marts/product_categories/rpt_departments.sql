with

departments as (

    select * from {{ ref('dim_departments') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

customer_departments as (

    select * from {{ ref('int_customer_departments_aggregated') }}

),

product_counts as (

    select
        department_id,
        count(*) as product_count

    from products

    group by department_id

),

-- A department's customers are rows here, and each order belongs to one of them.
sold as (

    select
        department_id,
        count(*) as customer_count,
        sum(order_count) as order_count,
        sum(order_product_count) as order_product_count,
        sum(reordered_product_count) as reordered_product_count,
        sum(revenue) as revenue

    from customer_departments

    group by department_id

),

joined as (

    select
        departments.department_id,
        departments.department,
        departments.department_group,
        coalesce(product_counts.product_count, 0) as product_count,
        sold.customer_count,
        sold.order_count,
        sold.order_product_count,
        sold.reordered_product_count,
        sold.revenue,
        prices.has_prices

    from departments

    left join product_counts
        on departments.department_id = product_counts.department_id

    left join sold
        on departments.department_id = sold.department_id

    cross join prices

),

measured as (

    select
        department_id,
        department,
        department_group,
        product_count,
        {{ sales_measures('department_id') }}

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
        {{ opportunity_rank('department_id') }} as opportunity_rank

    from scored

),

judged as (

    select
        *,
        {{ is_large_part('order_product_count', 'sum(order_product_count) over ()') }}
            as is_frequent

    from ranked

)

select * from judged
