with

departments as (

    select * from {{ ref('stg_instacart__departments') }}

),

copies as (

    select
        department_id,
        department,
        file_number,
        raw_row,
        {{ copy_number(['department_id', 'department']) }} as copy_number

    from departments

),

screened as (

    select
        department_id,
        department,
        file_number,
        raw_row,
        {{ row_status(['department_id'], ['department']) }} as row_status

    from copies

)

select * from screened
