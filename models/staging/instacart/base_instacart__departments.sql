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

        -- where the row comes from, and whether it can be used
        file_number,
        {{ first_problem([
            integer_problem('department_id', minimum=1),
            text_problem('department'),
        ]) }} as rejection_reason,
        {{ raw_row(['department_id', 'department']) }} as raw_row

    from raw_departments

)

select * from typed
