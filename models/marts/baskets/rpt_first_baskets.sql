{%- set bounds = var('first_basket_bounds') -%}

with

departments as (

    select * from {{ ref('dim_departments') }}

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

placed_orders as (

    select * from {{ ref('fct_orders') }}

),

first_orders as (

    select * from placed_orders

    where
        is_analysed
        and is_first_order
        and product_count > 0

),

-- A customer's last order, of any eval set, says how many they placed.
last_orders as (

    select
        customer_id,
        max(order_number) as last_order_number

    from placed_orders

    group by customer_id

),

customers as (

    select
        first_orders.customer_id,
        {% for bound in bounds -%}
        case when last_orders.last_order_number >= {{ bound }} then 1 else 0 end
            as has_reached_{{ bound }},
        {% endfor -%}
        first_orders.order_id

    from first_orders

    inner join last_orders
        on first_orders.customer_id = last_orders.customer_id

),

all_counted as (

    select
        {% for bound in bounds -%}
        sum(has_reached_{{ bound }}) as all_reached_{{ bound }},
        {% endfor -%}
        count(*) as all_customers

    from customers

),

-- Every department is in one part only: it has a bit or it has none.
customer_departments as (

    select
        baskets.order_id,
        department_bitmasks.department_id

    from first_orders

    inner join baskets
        on first_orders.order_id = baskets.order_id

    inner join department_bitmasks
        on {{ bitmasks_overlap('department', 'baskets', 'department_bitmasks') }}

    union all

    select
        unmasked_departments.order_id,
        unmasked_departments.department_id

    from first_orders

    inner join unmasked_departments
        on first_orders.order_id = unmasked_departments.order_id

),

counted as (

    select
        customer_departments.department_id,
        {% for bound in bounds -%}
        sum(customers.has_reached_{{ bound }}) as reached_{{ bound }},
        {% endfor -%}
        count(*) as customer_count

    from customer_departments

    inner join customers
        on customer_departments.order_id = customers.order_id

    group by customer_departments.department_id

),

shared as (

    select
        departments.department_id,
        departments.department,
        counted.customer_count,
        {% for bound in bounds -%}
        cast(counted.reached_{{ bound }} as bigint) as reached_{{ bound }},
        {{ ratio('counted.reached_' ~ bound, 'counted.customer_count') }}
            as share_{{ bound }},
        {{ ratio(
            '(all_counted.all_reached_' ~ bound ~ ' - counted.reached_' ~ bound ~ ')',
            '(all_counted.all_customers - counted.customer_count)',
        ) }} as other_share_{{ bound }},
        {{ ratio('all_counted.all_reached_' ~ bound, 'all_counted.all_customers') }}
            as all_share_{{ bound }},
        {% endfor -%}
        all_counted.all_customers,
        all_counted.all_customers - counted.customer_count as other_customers

    from counted

    inner join departments
        on counted.department_id = departments.department_id

    cross join all_counted

),

-- Pooled, as if the two groups were alike; none where nobody or everybody got there.
compared as (

    select
        {% for bound in bounds -%}
        share_{{ bound }} - other_share_{{ bound }} as difference_{{ bound }},
        sqrt(
            nullif(all_share_{{ bound }} * (1 - all_share_{{ bound }}), 0)
            * ({{ ratio(1, 'customer_count') }} + {{ ratio(1, 'other_customers') }})
        ) as standard_error_{{ bound }},
        {% endfor -%}
        *

    from shared

),

judged as (

    select
        department_id,
        department,
        customer_count,
        {% for bound in bounds -%}
        reached_{{ bound }} as reached_{{ bound }}_customer_count,
        share_{{ bound }} as reached_{{ bound }}_share,
        other_share_{{ bound }} as reached_{{ bound }}_share_of_others,
        all_share_{{ bound }} as reached_{{ bound }}_share_of_all,
        difference_{{ bound }} as reached_{{ bound }}_difference,
        standard_error_{{ bound }} as reached_{{ bound }}_standard_error,
        {{ detectable_difference('standard_error_' ~ bound) }}
            as reached_{{ bound }}_detectable_difference,
        {{ difference_verdict(
            'difference_' ~ bound,
            'standard_error_' ~ bound,
            share_var('min_reached_difference'),
            'least(customer_count, other_customers)',
        ) }} as reached_{{ bound }}_verdict,
        {% endfor -%}
        {{ ratio('customer_count', 'all_customers') }} as customer_share

    from compared

)

select * from judged
