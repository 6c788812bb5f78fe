with

phenomena as (

    select * from {{ ref('rpt_phenomena') }}

),

hours as (

    select * from {{ ref('rpt_hours_of_day') }}

),

departments as (

    select * from {{ ref('dim_departments') }}

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

sold as (

    select * from {{ ref('int_department_hours_aggregated') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

baskets as (

    select * from {{ ref('int_baskets_aggregated') }}

),

department_bitmasks as (

    select * from {{ ref('int_department_bitmasks') }}

),

unmasked_departments as (

    select * from {{ ref('int_order_departments_unmasked') }}

),

-- Terms of the standard error: the products of each order, squared.
sizes_summed as (

    select
        hours.phenomenon,
        sum(cast(orders.product_count as bigint) * orders.product_count)
            as squared_count

    from orders

    inner join hours
        on orders.hour_of_day = hours.hour_of_day

    group by hours.phenomenon

),

departments_summed as (

    select
        hours.phenomenon,
        sold.department_id,
        sum(sold.order_count) as order_count,
        sum(sold.order_product_count) as order_product_count,
        sum(sold.revenue) as revenue

    from sold

    inner join hours
        on sold.hour_of_day = hours.hour_of_day

    group by
        hours.phenomenon,
        sold.department_id

),

sold_departments as (

    select department_id

    from sold

    group by department_id

),

-- A customer's orders of a phenomenon, and what they hold together.
customer_phenomena as (

    select
        orders.customer_id,
        hours.phenomenon,
        {{ bitmask_union('department', 'baskets') }}

    from orders

    inner join hours
        on orders.hour_of_day = hours.hour_of_day

    inner join baskets
        on orders.order_id = baskets.order_id

    group by
        orders.customer_id,
        hours.phenomenon

),

unmasked_customers as (

    select
        unmasked_departments.department_id,
        unmasked_departments.customer_id,
        hours.phenomenon

    from unmasked_departments

    inner join orders
        on unmasked_departments.order_id = orders.order_id

    inner join hours
        on orders.hour_of_day = hours.hour_of_day

    group by
        unmasked_departments.department_id,
        unmasked_departments.customer_id,
        hours.phenomenon

),

-- Every department is in one part only: it has a bit or it has none.
customers_counted as (

    select
        department_bitmasks.department_id,
        customer_phenomena.phenomenon,
        count(*) as customer_count

    from customer_phenomena

    inner join department_bitmasks
        on {{ bitmasks_overlap(
            'department', 'customer_phenomena', 'department_bitmasks'
        ) }}

    group by
        department_bitmasks.department_id,
        customer_phenomena.phenomenon

    union all

    select
        department_id,
        phenomenon,
        count(*) as customer_count

    from unmasked_customers

    group by
        department_id,
        phenomenon

),

-- All departments with sales are listed for all phenomena, with 0 where nothing was sold.
filled as (

    select
        phenomena.phenomenon,
        phenomena.customer_count as phenomenon_customer_count,
        departments.department_id,
        departments.department,
        coalesce(customers_counted.customer_count, 0) as customer_count,
        cast(coalesce(departments_summed.order_count, 0) as bigint) as order_count,
        cast(coalesce(departments_summed.order_product_count, 0) as bigint)
            as order_product_count,
        cast(
            {{ spend('departments_summed.revenue', 'prices.has_prices') }}
            as decimal(18, 2)
        ) as revenue,
        cast(coalesce(sizes_summed.squared_count, 0) as bigint) as squared_count

    from phenomena

    cross join sold_departments

    cross join prices

    inner join departments
        on sold_departments.department_id = departments.department_id

    left join sizes_summed
        on phenomena.phenomenon = sizes_summed.phenomenon

    left join departments_summed
        on
            phenomena.phenomenon = departments_summed.phenomenon
            and departments.department_id = departments_summed.department_id

    left join customers_counted
        on
            phenomena.phenomenon = customers_counted.phenomenon
            and departments.department_id = customers_counted.department_id

),

totalled as (

    select
        *,
        cast(
            sum(order_product_count) over (partition by department_id) as bigint
        ) as department_product_count,
        cast(
            sum(order_product_count) over (partition by phenomenon) as bigint
        ) as phenomenon_product_count,
        cast(sum(order_product_count) over () as bigint) as all_product_count,
        cast(
            sum(squared_count) over (partition by department_id) as bigint
        ) as all_squared_count

    from filled

),

shared as (

    select
        *,
        {{ ratio('order_product_count', 'phenomenon_product_count') }}
            as share_of_phenomenon,
        {{ ratio(
            '(department_product_count - order_product_count)',
            '(all_product_count - phenomenon_product_count)',
        ) }} as share_elsewhere,
        {{ ratio('department_product_count', 'all_product_count') }} as overall_share,
        {{ ratio(
            'squared_count',
            'cast(phenomenon_product_count as double) * phenomenon_product_count',
        ) }} as size_term,
        {{ ratio(
            '(all_squared_count - squared_count)',
            'cast(all_product_count - phenomenon_product_count as double)'
            ~ ' * (all_product_count - phenomenon_product_count)',
        ) }} as size_term_elsewhere

    from totalled

),

-- The largest error that orders of these sizes can have: with a department alone or not.
compared as (

    select
        *,
        share_of_phenomenon - share_elsewhere as share_difference,
        sqrt(overall_share * (1 - overall_share) * (size_term + size_term_elsewhere))
            as difference_standard_error

    from shared

),

judged as (

    select
        phenomenon,
        department_id,
        department,
        customer_count,
        order_count,
        order_product_count,
        revenue,
        share_of_phenomenon,
        share_elsewhere,
        overall_share,
        {{ ratio('share_of_phenomenon', 'share_elsewhere') }} as affinity_index,
        share_difference,
        difference_standard_error,
        {{ detectable_difference('difference_standard_error') }}
            as detectable_difference,
        {{ difference_verdict(
            'share_difference',
            'difference_standard_error',
            share_var('min_share_difference'),
            'phenomenon_customer_count',
        ) }} as verdict

    from compared

)

select * from judged
