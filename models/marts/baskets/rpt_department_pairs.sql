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

-- Orders of the same departments are one row.
department_sets as (

    select
        {{ bitmask_columns('department') | join(', ') }},
        count(*) as order_count

    from baskets

    group by {{ bitmask_columns('department') | join(', ') }}

),

department_orders as (

    select
        department_bitmasks.department_id,
        departments.department,
        cast(sum(department_sets.order_count) as bigint) as order_count

    from department_sets

    inner join department_bitmasks
        on {{ bitmasks_overlap(
            'department', 'department_sets', 'department_bitmasks'
        ) }}

    inner join departments
        on department_bitmasks.department_id = departments.department_id

    group by
        department_bitmasks.department_id,
        departments.department

),

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
