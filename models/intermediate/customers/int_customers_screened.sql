with

customers as (

    select * from {{ ref('stg_instacart__customers') }}

),

screened as (

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
        {{ row_status(
            ['customer_id'],
            [
                'gender', 'state', 'family_status', 'age', 'dependants_count', 'income',
                'date_joined', 'is_first_name_missing', 'file_number',
            ],
        ) }} as row_status

    from customers

)

select * from screened
