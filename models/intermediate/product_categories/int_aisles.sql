with

listed_aisles as (

    select * from {{ ref('int_aisles_screened') }}

    where row_status = 'kept'

),

reference_aisles as (

    select * from {{ ref('reference_aisles') }}

),

products as (

    select * from {{ ref('int_products') }}

),

-- CareerFoundry's package has no aisles.csv: the reference replaces the whole file.
aisles as (

    select
        aisle_id,
        aisle

    from listed_aisles

    union all

    select
        aisle_id,
        aisle

    from reference_aisles

    where not exists (select 1 from listed_aisles)

),

aisle_departments as (

    select
        aisle_id,
        department_id,
        count(*) as product_count

    from products

    group by
        aisle_id,
        department_id

),

-- No file has the department of an aisle; its products do.
main_departments as (

    select
        aisle_id,
        department_id

    from aisle_departments

    qualify
        row_number() over (
            partition by aisle_id
            order by product_count desc, department_id asc
        ) = 1

),

aisle_ids as (

    select aisle_id from aisles

    union distinct

    select aisle_id from products

),

-- An aisle that only products refer to is kept, so that no reference breaks.
named as (

    select
        aisle_ids.aisle_id,
        coalesce(aisles.aisle, concat('Unknown aisle ', aisle_ids.aisle_id)) as aisle,
        aisles.aisle_id is not null as is_listed,
        coalesce(main_departments.department_id, reference_aisles.department_id)
            as department_id

    from aisle_ids

    left join aisles
        on aisle_ids.aisle_id = aisles.aisle_id

    left join main_departments
        on aisle_ids.aisle_id = main_departments.aisle_id

    left join reference_aisles
        on aisle_ids.aisle_id = reference_aisles.aisle_id

)

select * from named
