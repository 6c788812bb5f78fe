with

checked_customers as (

    select * from {{ ref('base_instacart__customers') }}

),

accepted as (

    select
        customer_id,
        gender,
        state,
        family_status,
        age,
        dependants_count,
        income,
        date_joined,
        is_first_name_missing,
        file_number,
        copy_number

    from checked_customers

    where rejection_reason is null

)

select * from accepted
