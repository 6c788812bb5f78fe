{%- set sums = [
    'customer_count', 'order_product_count', 'reordered_product_count', 'squared_count',
    'crossed_count', 'squared_reordered_count',
] -%}
{%- set sides = ['', 'other_'] -%}

with

customers as (

    select * from {{ ref('dim_customers') }}

    where income_group <> '{{ var("unknown_label") }}'

),

departments as (

    select * from {{ ref('dim_departments') }}

),

customer_departments as (

    select * from {{ ref('int_customer_departments_aggregated') }}

),

-- Terms of the standard error: of a customer's order products in the department, n,
-- those reordered, x. Whole numbers of any size, whose products are exact.
summed as (

    select
        customers.income_group,
        customer_departments.department_id,
        count(*) as customer_count,
        sum(customer_departments.order_count) as order_count,
        cast(sum(customer_departments.order_product_count) as decimal(38, 0))
            as order_product_count,
        cast(sum(customer_departments.reordered_product_count) as decimal(38, 0))
            as reordered_product_count,
        sum(customer_departments.revenue) as revenue,
        cast(sum(
            customer_departments.order_product_count
            * customer_departments.order_product_count
        ) as decimal(38, 0)) as squared_count,
        cast(sum(
            customer_departments.reordered_product_count
            * customer_departments.order_product_count
        ) as decimal(38, 0)) as crossed_count,
        cast(sum(
            customer_departments.reordered_product_count
            * customer_departments.reordered_product_count
        ) as decimal(38, 0)) as squared_reordered_count

    from customer_departments

    inner join customers
        on customer_departments.customer_id = customers.customer_id

    group by
        customers.income_group,
        customer_departments.department_id

),

-- The other income groups together.
with_others as (

    select
        {% for column in sums -%}
        sum({{ column }}) over (partition by department_id) - {{ column }}
            as other_{{ column }},
        {% endfor -%}
        *

    from summed

),

-- The sum over customers of (x - rate * n) squared, times all bought squared. Where it is
-- 0 the customers are all alike or a single one, which tells nothing.
deviated as (

    select
        {% for prefix in sides -%}
        {{ prefix }}order_product_count * {{ prefix }}order_product_count
        * {{ prefix }}squared_reordered_count
        - 2 * {{ prefix }}order_product_count * {{ prefix }}reordered_product_count
        * {{ prefix }}crossed_count
        + {{ prefix }}reordered_product_count * {{ prefix }}reordered_product_count
        * {{ prefix }}squared_count as {{ prefix }}deviation,
        {% endfor -%}
        *

    from with_others

),

rated as (

    select
        {% for prefix in sides -%}
        {{ ratio(prefix ~ 'reordered_product_count', prefix ~ 'order_product_count') }}
            as {{ prefix }}reorder_rate,
        {{ ratio(
            'sqrt(nullif(cast(' ~ prefix ~ 'deviation as double), 0))',
            prefix ~ 'order_product_count * ' ~ prefix ~ 'order_product_count',
        ) }} as {{ prefix }}standard_error,
        {% endfor -%}
        *

    from deviated

),

compared as (

    select
        *,
        reorder_rate - other_reorder_rate as reorder_rate_difference,
        sqrt(
            standard_error * standard_error
            + other_standard_error * other_standard_error
        ) as difference_standard_error

    from rated

),

judged as (

    select
        compared.income_group,
        compared.department_id,
        departments.department,
        compared.customer_count,
        cast(compared.order_count as bigint) as order_count,
        cast(compared.order_product_count as bigint) as order_product_count,
        cast(compared.revenue as decimal(18, 2)) as revenue,
        compared.reorder_rate,
        compared.other_reorder_rate,
        compared.reorder_rate_difference,
        compared.difference_standard_error,
        {{ detectable_difference('compared.difference_standard_error') }}
            as detectable_difference,
        {{ difference_verdict(
            'compared.reorder_rate_difference',
            'compared.difference_standard_error',
            share_var('min_share_difference'),
            'least(compared.customer_count, compared.other_customer_count)',
        ) }} as verdict,
        {{ dollars_at_stake(
            'compared.revenue', 'compared.reorder_rate', 'compared.other_reorder_rate'
        ) }} as dollars_at_stake

    from compared

    inner join departments
        on compared.department_id = departments.department_id

)

select * from judged
