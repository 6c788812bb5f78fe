with

products as (

    select * from {{ ref('int_products') }}

),

departments as (

    select
        department_id,
        count(*) as product_count

    from products

    group by department_id

),

-- Those of most products come first: what gets no bit is seldom bought.
numbered as (

    select
        department_id,
        cast(
            row_number() over (order by product_count desc, department_id asc) - 1
            as bigint
        ) as group_number

    from departments

),

masked as (

    select
        department_id,
        {{ bitmask_of('department', 'group_number') }}

    from numbered

    where group_number < {{ bit_count('department') }}

)

select * from masked
