{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('aisles') }}"
) }}

with

raw_aisles as (

    select * from {{ source('instacart', 'aisles') }}

),

typed as (

    select
        -- ids
        {{ to_integer('aisle_id') }} as aisle_id,

        -- text
        {{ to_text('aisle') }} as aisle,

        -- where the row comes from, and whether it can be used
        file_number,
        {{ first_problem([
            integer_problem('aisle_id', minimum=1),
            text_problem('aisle'),
        ]) }} as rejection_reason,
        {{ raw_row(['aisle_id', 'aisle']) }} as raw_row

    from raw_aisles

)

select * from typed
