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

hours as (

    select * from {{ ref('rpt_hours_of_day') }}

),

sold as (

    select * from {{ ref('int_department_hours_aggregated') }}

),

-- All hours of all departments are listed, with 0 where nothing was sold.
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
        {{ ratio(
            'sum(order_product_count) over (partition by department_id)',
            'sum(order_product_count) over ()',
        ) }} as overall_share,
        revenue

    from filled

),

-- No share of so many orders has a larger standard error than one half has.
compared as (

    select
        measured.*,
        hours.customer_count as customers_of_hour,
        measured.share_of_hour - measured.overall_share as difference,
        {{ ratio('0.5', 'sqrt(hours.order_count)') }} as standard_error

    from measured

    inner join hours
        on measured.hour_of_day = hours.hour_of_day

),

judged as (

    select
        department_id,
        department,
        department_group,
        hour_of_day,
        customer_count,
        order_count,
        order_product_count,
        share_of_hour,
        share_of_department,
        overall_share,
        revenue,
        coalesce(
            {{ comparable('difference') }} >= {{ share_var('min_share_difference') }}
            and {{ is_beyond_chance('difference', 'standard_error') }},
            false
        ) as is_typical,
        {{ detectable_difference('standard_error') }} as detectable_difference,
        {{ difference_verdict(
            'difference',
            'standard_error',
            share_var('min_share_difference'),
            'customers_of_hour',
        ) }} as verdict

    from compared

)

select * from judged
