with

orders as (

    select * from {{ ref('fct_orders') }}

    where is_analysed

),

departments as (

    select * from {{ ref('dim_departments') }}

),

order_departments as (

    select * from {{ ref('int_order_departments_aggregated') }}

),

analysed as (

    select count(*) as order_count from orders

),

department_orders as (

    select
        order_departments.department_id,
        departments.department,
        count(*) as order_count

    from order_departments

    inner join departments
        on order_departments.department_id = departments.department_id

    group by
        order_departments.department_id,
        departments.department

),

counted as (

    select
        departments_a.department_id as department_id_a,
        departments_b.department_id as department_id_b,
        count(*) as order_count

    from order_departments as departments_a

    inner join order_departments as departments_b
        on
            departments_a.order_id = departments_b.order_id
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
