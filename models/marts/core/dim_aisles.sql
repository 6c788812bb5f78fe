with

aisles as (

    select * from {{ ref('int_aisles') }}

),

departments as (

    select * from {{ ref('int_departments') }}

),

described as (

    select
        aisles.aisle_id,
        aisles.aisle,
        departments.department_id,
        coalesce(departments.department, '{{ var("unknown_label") }}') as department,
        coalesce(departments.department_group, '{{ var("unknown_label") }}')
            as department_group

    from aisles

    left join departments
        on aisles.department_id = departments.department_id

)

select * from described
