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
    whole_aisles.department_id as products_department_id,
    {{ sentence(
        'marts.dim_aisles',
        'each aisle in the department of its products',
        "'aisle ', whole_aisles.aisle_id, ' in department ', "
        ~ "coalesce(cast(aisles.department_id as string), 'null'), "
        ~ "' and all its products in ', whole_aisles.department_id",
        project_fault('select aisle_id, department_id, count(*) as product_count'
            ~ ' from marts.dim_products group by all'),
    ) }} as message

from whole_aisles

left join aisles
    on whole_aisles.aisle_id = aisles.aisle_id

where
    aisles.department_id is null
    or aisles.department_id <> whole_aisles.department_id
