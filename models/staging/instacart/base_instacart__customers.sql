{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('customers', is_private=true) }}"
) }}

with

raw_customers as (

    select * from {{ source('instacart', 'customers') }}

),

typed as (

    select
        -- ids
        {{ to_integer('user_id') }} as customer_id,

        -- text
        {{ to_text('gender') }} as gender,
        {{ to_text('state') }} as state,
        {{ to_text('fam_status') }} as family_status,

        -- numerics
        {{ to_integer('age') }} as age,
        {{ to_integer('n_dependants') }} as dependants_count,
        {{ to_integer('income') }} as income,

        -- dates
        {{ to_date('date_joined') }} as date_joined,

        -- Names go no further; they only tell whether two rows are the same.
        {{ to_text('first_name') }} as first_name,
        {{ to_text('surnam') }} as last_name,

        -- where the row comes from, and whether it can be used
        file_number,
        {{ first_problem([
            member_problem(
                'gender', var('known_genders'), required=false, ignore_case=true
            ),
            integer_problem('user_id', minimum=1),
            integer_problem('age', minimum=0, maximum=120, required=false),
            date_problem('date_joined'),
            integer_problem('n_dependants', minimum=0, required=false),
            integer_problem('income', minimum=0, required=false),
        ]) }} as rejection_reason,
        -- An unknown gender means that cells have shifted, names among them.
        coalesce(rejection_reason like 'gender %', false) as has_shifted,
        case
            when rejection_reason is null then null
            when has_shifted then {{ redacted_row('user_id') }}
            else {{ csv_row([
                'user_id', 'gender', 'state', 'age', 'date_joined', 'n_dependants',
                'fam_status', 'income',
            ]) }}
        end as raw_row

    from raw_customers

),

shown as (

    select
        customer_id,
        case when not has_shifted then gender end as gender,
        case when not has_shifted then state end as state,
        case when not has_shifted then family_status end as family_status,
        age,
        dependants_count,
        income,
        date_joined,
        first_name is null as is_first_name_missing,
        file_number,
        rejection_reason,
        raw_row,
        row_number() over (
            partition by
                customer_id,
                gender,
                state,
                family_status,
                age,
                dependants_count,
                income,
                date_joined,
                first_name,
                last_name,
                rejection_reason is null
            order by file_number
        ) as copy_number

    from typed

)

select * from shown
