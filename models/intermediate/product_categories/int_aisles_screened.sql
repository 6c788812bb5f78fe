with

aisles as (

    select * from {{ ref('stg_instacart__aisles') }}

),

copies as (

    select
        aisle_id,
        aisle,
        file_number,
        raw_row,
        {{ copy_number(['aisle_id', 'aisle']) }} as copy_number

    from aisles

),

screened as (

    select
        aisle_id,
        aisle,
        file_number,
        raw_row,
        {{ row_status(['aisle_id'], ['aisle']) }} as row_status

    from copies

)

select * from screened
