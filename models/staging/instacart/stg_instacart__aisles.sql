with

checked_aisles as (

    select * from {{ ref('base_instacart__aisles') }}

),

accepted as (

    select
        aisle_id,
        aisle,
        file_number,
        raw_row

    from checked_aisles

    where rejection_reason is null

)

select * from accepted
