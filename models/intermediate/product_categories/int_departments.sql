with

departments as (

    select * from {{ ref('int_departments_screened') }}

    where row_status = 'kept'

),

department_groups as (

    select * from {{ ref('department_groups') }}

),

products as (

    select * from {{ ref('int_products') }}

),

department_ids as (

    select department_id from departments

    union distinct

    select department_id from products

),

-- A department that only products refer to is kept, so that no reference breaks.
named as (

    select
        department_ids.department_id,
        coalesce(
            departments.department,
            concat('Unknown department ', department_ids.department_id)
        ) as department,
        departments.department_id is not null as is_listed,
        coalesce(department_groups.department_group, '{{ var("unknown_label") }}')
            as department_group

    from department_ids

    left join departments
        on department_ids.department_id = departments.department_id

    left join department_groups
        on lower(departments.department) = department_groups.department

)

select * from named
