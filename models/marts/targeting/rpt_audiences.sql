with

members as (

    select * from {{ ref('fct_audience_members') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

    where order_count > 0

),

departments as (

    select * from {{ ref('dim_departments') }}

),

customer_departments as (

    select * from {{ ref('fct_customer_departments') }}

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

audiences as (
    {{ audience_list() }}
),

totals as (

    select
        count(*) as customer_count,
        sum(order_product_count) as order_product_count,
        sum(order_product_count * order_product_count) as squared_count

    from customers

),

counted as (

    select
        members.audience,
        count(*) as customer_count,
        sum(customers.order_count) as order_count,
        sum(customers.order_product_count) as order_product_count,
        sum(customers.total_spend) as revenue,
        sum(customers.order_product_count * customers.order_product_count)
            as squared_count

    from members

    inner join customers
        on members.customer_id = customers.customer_id

    group by members.audience

),

-- All audiences are listed, with 0 where there is nobody.
filled as (

    select
        audiences.audience,
        audiences.audience_number,
        audiences.title,
        audiences.own_department,
        coalesce(counted.customer_count, 0) as customer_count,
        {{ ratio('coalesce(counted.customer_count, 0)', 'totals.customer_count') }}
            as customer_share,
        cast(coalesce(counted.order_count, 0) as bigint) as order_count,
        cast(coalesce(counted.order_product_count, 0) as bigint) as order_product_count,
        cast({{ spend('counted.revenue', 'prices.has_prices') }} as decimal(18, 2))
            as revenue,
        counted.squared_count

    from audiences

    cross join totals

    cross join prices

    left join counted
        on audiences.audience = counted.audience

),

sold as (

    select
        customer_departments.department_id,
        sum(customer_departments.order_product_count) as order_product_count,
        sum(
            customer_departments.order_product_count
            * customer_departments.order_product_count
        ) as squared_count,
        sum(customer_departments.order_product_count * customers.order_product_count)
            as crossed_count

    from customer_departments

    inner join customers
        on customer_departments.customer_id = customers.customer_id

    group by customer_departments.department_id

),

shared as (

    select
        sold.department_id,
        totals.order_product_count as overall_count,
        {{ ratio('sold.order_product_count', 'totals.order_product_count') }}
            as overall_share,
        {{ ratio_standard_error(
            'sold.order_product_count',
            'totals.order_product_count',
            'sold.squared_count',
            'sold.crossed_count',
            'totals.squared_count',
        ) }} as overall_error

    from sold

    cross join totals

),

-- Terms of the standard error: a customer's order products in a department and in all.
bought as (

    select
        members.audience,
        customer_departments.department_id,
        sum(customer_departments.order_product_count) as order_product_count,
        sum(
            customer_departments.order_product_count
            * customer_departments.order_product_count
        ) as squared_count,
        sum(customer_departments.order_product_count * customers.order_product_count)
            as crossed_count

    from members

    inner join customers
        on members.customer_id = customers.customer_id

    inner join customer_departments
        on members.customer_id = customer_departments.customer_id

    group by
        members.audience,
        customer_departments.department_id

),

compared as (

    select
        filled.audience,
        filled.customer_count,
        departments.department_id,
        departments.department,
        shared.overall_share,
        {{ ratio('bought.order_product_count', 'filled.order_product_count') }}
            as share_of_audience,
        {{ share_standard_error(
            'bought.order_product_count',
            'filled.order_product_count',
            'bought.squared_count',
            'bought.crossed_count',
            'filled.squared_count',
            'shared.overall_error',
            'shared.overall_count',
        ) }} as share_standard_error

    from bought

    inner join filled
        on bought.audience = filled.audience

    inner join shared
        on bought.department_id = shared.department_id

    inner join departments
        on bought.department_id = departments.department_id

    -- The department that an audience is defined by says nothing of it.
    where lower(departments.department) <> filled.own_department

),

-- An error of 0 is that of the only department sold.
judged as (

    select
        *,
        share_of_audience - overall_share as share_difference,
        {{ difference_verdict(
            'share_of_audience - overall_share',
            'nullif(share_standard_error, 0)',
            share_var('min_share_difference'),
            'customer_count',
        ) }} as verdict

    from compared

),

-- Of the departments bought more than by all, those first of which that is certain.
favoured as (

    select *

    from judged

    where {{ comparable('share_difference') }} > 0

    qualify
        row_number() over (
            partition by audience
            order by
                case
                    when verdict = '{{ var("difference_verdict")["differs"] }}' then 1
                    else 2
                end asc,
                {{ comparable('share_difference') }} desc,
                department_id asc
        ) = 1

),

described as (

    select
        filled.audience,
        filled.audience_number,
        filled.title,
        filled.customer_count,
        filled.customer_share,
        filled.order_count,
        filled.order_product_count,
        filled.revenue,
        {{ ratio('filled.order_count', 'filled.customer_count') }}
            as orders_per_customer,
        {{ ratio('filled.revenue', 'filled.order_count') }} as avg_order_total,
        favoured.department as favoured_department,
        favoured.share_of_audience,
        favoured.overall_share,
        favoured.share_difference,
        favoured.share_standard_error,
        coalesce(favoured.verdict, '{{ var("difference_verdict")["too_few"] }}')
            as favoured_verdict

    from filled

    left join favoured
        on filled.audience = favoured.audience

)

select * from described
