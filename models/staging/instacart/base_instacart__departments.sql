{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('departments') }}"
) }}

with

raw_departments as (

    select * from {{ source('instacart', 'departments') }}

),

typed as (

    select
        -- ids
        {{ to_integer('department_id') }} as department_id,

        -- text
        {{ to_text('department') }} as department,

        -- where the row stands, and whether it can be used
        source_file,
        {{ first_problem([
            integer_problem('department_id', minimum=1),
            text_problem('department'),
        ]) }} as rejection_reason,
        {{ csv_row(['department_id', 'department']) }} as row_text

    from raw_departments

),

shown as (

    select
        department_id,
        department,
        source_file,
        rejection_reason,
        case when rejection_reason is not null then row_text end as raw_row

    from typed

)

select * from shown
