{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('customers', is_private=true) }}"
) }}

with

raw_customers as (

    select * from {{ source('instacart', 'customers') }}

),

-- Whether 3/4/2017 is in April or in March, the other dates of the file say; whether
-- 66.846 is more than a thousand, the other incomes.
marked as (

    select
        *,
        {{ proven_date_order('date_joined') }} as proven_date_order,
        {{ has_point_groups('income') }} as has_point_groups

    from raw_customers

),

noted as (

    select
        *,
        count(*) filter (where proven_date_order = 'day first') over (
            partition by file_number
        ) > count(*) filter (where proven_date_order = 'month first') over (
            partition by file_number
        ) as is_day_first,
        2 * count(*) filter (where has_point_groups) over (partition by file_number)
        > count(income) over (partition by file_number) as is_point_grouped

    from marked

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
        {{ to_integer('income', is_point_grouped='is_point_grouped') }} as income,

        -- dates
        {{ to_date('date_joined', 'is_day_first') }} as date_joined,
        proven_date_order,

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
            date_problem('date_joined', 'is_day_first'),
            integer_problem('n_dependants', minimum=0, required=false),
            integer_problem(
                'income',
                to_integer('income', is_point_grouped='is_point_grouped'),
                minimum=0,
                required=false,
            ),
        ]) }} as rejection_reason,
        -- Any other cell may hold a name.
        {{ redacted_row('user_id') }} as raw_row,

        -- the text of each value that is written in another notation
        {% for column, is_plain in {
            'user_id': is_plain_integer('user_id'),
            'gender': 'true',
            'state': 'true',
            'age': is_plain_integer('age'),
            'date_joined': 'not is_day_first and ' ~ is_plain_date('date_joined'),
            'n_dependants': is_plain_integer('n_dependants'),
            'fam_status': 'true',
            'income': 'not is_point_grouped and ' ~ is_plain_integer('income'),
        }.items() -%}
        case
            when rejection_reason is null and ({{ is_missing(column) }} or not ({{ is_plain }}))
                then nullif(trim({{ column }}), '')
        end as {{ column }}_text
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from noted

),

shown as (

    select
        customer_id,
        -- An unknown gender means that cells have shifted, names among them.
        case when rejection_reason is null then gender end as gender,
        case when rejection_reason is null then state end as state,
        case when rejection_reason is null then family_status end as family_status,
        age,
        dependants_count,
        income,
        date_joined,
        proven_date_order,
        first_name is null as is_first_name_missing,
        user_id_text,
        gender_text,
        state_text,
        age_text,
        date_joined_text,
        n_dependants_text,
        fam_status_text,
        income_text,
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
