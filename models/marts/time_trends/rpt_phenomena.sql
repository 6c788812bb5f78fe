with

hours as (

    select * from {{ ref('rpt_hours_of_day') }}

),

customer_hours as (

    select * from {{ ref('int_customer_hours_aggregated') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

    where order_count > 0

),

-- Hours in a row are numbered from the first one.
numbered as (

    select
        phenomenon,
        hour_of_day,
        hour_of_day - cast(row_number() over (
            partition by phenomenon
            order by hour_of_day
        ) as bigint) as run_number

    from hours

),

runs as (

    select
        phenomenon,
        min(hour_of_day) as first_hour,
        concat_ws(
            '–',
            cast(min(hour_of_day) as string),
            cast(nullif(max(hour_of_day), min(hour_of_day)) as string)
        ) as run

    from numbered

    group by
        phenomenon,
        run_number

),

described as (

    select
        phenomenon,
        concat_ws(
            ', '
            {%- for hour in range(24) %},
            max(case when first_hour = {{ hour }} then run end)
            {%- endfor %}
        ) as hours

    from runs

    group by phenomenon

),

customer_phenomena as (

    select
        customer_hours.customer_id,
        hours.phenomenon

    from customer_hours

    inner join hours
        on customer_hours.hour_of_day = hours.hour_of_day

    group by
        customer_hours.customer_id,
        hours.phenomenon

),

customers_counted as (

    select
        phenomenon,
        count(*) as customer_count

    from customer_phenomena

    group by phenomenon

),

all_customers_counted as (

    select count(*) as all_customers

    from customers

),

orders_counted as (

    select
        phenomenon,
        count(*) as hour_count,
        cast(sum(order_count) as bigint) as order_count,
        cast(sum(order_product_count) as bigint) as order_product_count,
        cast(sum(revenue) as decimal(18, 2)) as revenue

    from hours

    group by phenomenon

),

joined as (

    select
        orders_counted.*,
        described.hours,
        coalesce(customers_counted.customer_count, 0) as customer_count,
        all_customers_counted.all_customers

    from orders_counted

    inner join described
        on orders_counted.phenomenon = described.phenomenon

    left join customers_counted
        on orders_counted.phenomenon = customers_counted.phenomenon

    cross join all_customers_counted

),

measured as (

    select
        phenomenon,
        hours,
        hour_count,
        customer_count,
        {{ ratio('customer_count', 'all_customers') }} as customer_share,
        order_count,
        {{ share('order_count') }} as order_share,
        {{ ratio('order_count', 'hour_count') }} as orders_per_hour,
        order_product_count,
        {{ share('order_product_count') }} as order_product_share,
        {{ ratio('order_product_count', 'order_count') }} as products_per_order,
        revenue,
        {{ share('revenue') }} as revenue_share,
        {{ ratio('revenue', 'order_count') }} as avg_order_total,
        {{ ratio('revenue', 'order_product_count') }} as avg_product_price

    from joined

)

select * from measured
