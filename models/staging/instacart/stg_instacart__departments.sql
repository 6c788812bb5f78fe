with

checked_departments as (

    select * from {{ ref('base_instacart__departments') }}

),

accepted as (

    select
        department_id,
        department,
        file_number,
        raw_row

    from checked_departments

    where rejection_reason is null

)

select * from accepted
