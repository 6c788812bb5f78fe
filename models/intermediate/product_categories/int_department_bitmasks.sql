with

products as (

    select * from {{ ref('int_products') }}

),

departments as (

    select department_id

    from products

    group by department_id

),

numbered as (

    select
        department_id,
        row_number() over (order by department_id) - 1 as group_number

    from departments

),

masked as (

    select
        department_id,
        {{ bitmask_of('department', 'group_number') }}

    from numbered

)

select * from masked
