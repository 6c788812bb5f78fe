with

products as (

    select * from {{ ref('int_products') }}

),

aisles as (

    select * from {{ ref('int_aisles') }}

),

departments as (

    select * from {{ ref('int_departments') }}

),

described as (

    select
        products.product_id,
        products.product_name,
        products.is_product_name_imputed,
        products.aisle_id,
        aisles.aisle,
        products.department_id,
        departments.department,
        departments.department_group,
        products.price,
        products.listed_price,
        products.is_price_imputed,
        products.price_range

    from products

    left join aisles
        on products.aisle_id = aisles.aisle_id

    left join departments
        on products.department_id = departments.department_id

)

select * from described
