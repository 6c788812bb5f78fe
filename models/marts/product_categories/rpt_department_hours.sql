with

departments as (

    select * from {{ ref('dim_departments') }}

),

hours_of_day as (

    select * from {{ ref('hours_of_day') }}

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

sold as (

    select * from {{ ref('int_department_hours_aggregated') }}

),

-- All hours of all departments are listed: one without sales counts 0.
filled as (

    select
        departments.department_id,
        departments.department,
        departments.department_group,
        hours_of_day.hour_of_day,
        coalesce(sold.customer_count, 0) as customer_count,
        cast(coalesce(sold.order_count, 0) as bigint) as order_count,
        cast(coalesce(sold.order_product_count, 0) as bigint) as order_product_count,
        cast({{ spend('sold.revenue', 'prices.has_prices') }} as decimal(18, 2))
            as revenue

    from departments

    cross join hours_of_day

    cross join prices

    left join sold
        on
            departments.department_id = sold.department_id
            and hours_of_day.hour_of_day = sold.hour_of_day

),

measured as (

    select
        department_id,
        department,
        department_group,
        hour_of_day,
        customer_count,
        order_count,
        order_product_count,
        {{ share('order_product_count', per=['hour_of_day']) }} as share_of_hour,
        {{ share('order_product_count', per=['department_id']) }}
            as share_of_department,
        revenue

    from filled

)

select * from measured
