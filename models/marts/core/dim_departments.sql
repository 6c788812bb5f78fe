with

departments as (

    select * from {{ ref('int_departments') }}

),

described as (

    select
        department_id,
        department,
        department_group,
        is_listed

    from departments

)

select * from described
