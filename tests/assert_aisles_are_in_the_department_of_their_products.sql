-- An aisle whose products are all in one department is in that department.
with

aisles as (

    select * from {{ ref('dim_aisles') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

whole_aisles as (

    select
        aisle_id,
        min(department_id) as department_id

    from products

    group by aisle_id

    having min(department_id) = max(department_id)

)

select
    aisles.aisle_id,
    aisles.department_id,
    whole_aisles.department_id as products_department_id

from whole_aisles

left join aisles
    on whole_aisles.aisle_id = aisles.aisle_id

where
    aisles.department_id is null
    or aisles.department_id <> whole_aisles.department_id
