with

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

departments as (

    select * from {{ ref('dim_departments') }}

),

baskets as (

    select * from {{ ref('int_baskets_aggregated') }}

    where is_analysed

),

analysed as (

    select count(*) as order_count from orders

),

department_bitmasks as (

    select * from {{ ref('int_department_bitmasks') }}

),

unmasked_departments as (

    select * from {{ ref('int_order_departments_unmasked') }}

),

-- Orders of the same departments are one row.
department_sets as (

    select
        {{ bitmask_columns('department') | join(', ') }},
        count(*) as order_count

    from baskets

    group by {{ bitmask_columns('department') | join(', ') }}

),

-- Every department is in one part only: it has a bit or it has none.
orders_counted as (

    select
        department_bitmasks.department_id,
        cast(sum(department_sets.order_count) as bigint) as order_count

    from department_sets

    inner join department_bitmasks
        on {{ bitmasks_overlap(
            'department', 'department_sets', 'department_bitmasks'
        ) }}

    group by department_bitmasks.department_id

    union all

    select
        department_id,
        count(*) as order_count

    from unmasked_departments

    group by department_id

),

department_orders as (

    select
        orders_counted.department_id,
        departments.department,
        orders_counted.order_count

    from orders_counted

    inner join departments
        on orders_counted.department_id = departments.department_id

),

mixed_baskets as (

    select *

    from baskets

    where order_id in (select unmasked_departments.order_id from unmasked_departments)

),

-- All departments of the orders that hold one without a bit.
mixed_orders as (

    select
        mixed_baskets.order_id,
        department_bitmasks.department_id,
        true as has_bit

    from mixed_baskets

    inner join department_bitmasks
        on {{ bitmasks_overlap('department', 'mixed_baskets', 'department_bitmasks') }}

    union all

    select
        order_id,
        department_id,
        false as has_bit

    from unmasked_departments

),

-- A pair of two bits comes from the sets, any other from the rows.
counted as (

    select
        departments_a.department_id as department_id_a,
        departments_b.department_id as department_id_b,
        cast(sum(department_sets.order_count) as bigint) as order_count

    from department_sets

    inner join department_bitmasks as departments_a
        on {{ bitmasks_overlap('department', 'department_sets', 'departments_a') }}

    inner join department_bitmasks as departments_b
        on
            {{ bitmasks_overlap('department', 'department_sets', 'departments_b') }}
            and departments_a.department_id < departments_b.department_id

    group by
        departments_a.department_id,
        departments_b.department_id

    union all

    select
        departments_a.department_id as department_id_a,
        departments_b.department_id as department_id_b,
        count(*) as order_count

    from mixed_orders as departments_a

    inner join mixed_orders as departments_b
        on
            departments_a.order_id = departments_b.order_id
            and departments_a.department_id < departments_b.department_id

    where not (departments_a.has_bit and departments_b.has_bit)

    group by
        departments_a.department_id,
        departments_b.department_id

),

measured as (

    select
        counted.department_id_a,
        counted.department_id_b,
        departments_a.department as department_a,
        departments_b.department as department_b,
        departments_a.order_count as order_count_a,
        departments_b.order_count as order_count_b,
        {{ pair_measures(
            'counted.order_count',
            'departments_a.order_count',
            'departments_b.order_count',
            'analysed.order_count',
        ) }}

    from counted

    inner join department_orders as departments_a
        on counted.department_id_a = departments_a.department_id

    inner join department_orders as departments_b
        on counted.department_id_b = departments_b.department_id

    cross join analysed

)

select * from measured
