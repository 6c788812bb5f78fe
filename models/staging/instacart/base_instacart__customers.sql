{{ config(
    materialized='table',
    post_hook="{{ keep_unreadable_rows('customers', is_private=true) }}"
) }}

with

raw_customers as (

    select * from {{ source('instacart', 'customers') }}

),

state_regions as (

    select * from {{ ref('state_regions') }}

),

state_words as (
    {{ state_words('state_regions') }}
),

-- Which part of 3/4/2017 is the month, the other dates of the file say.
split as (

    select
        *,
        {{ is_year_last('date_joined') }} as is_year_last,
        {{ is_year_first('date_joined') }} as is_year_first,
        {{ date_part('date_joined', 1) }} as part_1,
        {{ date_part('date_joined', 2) }} as part_2,
        {{ date_part('date_joined', 3) }} as part_3

    from raw_customers

),

dated as (

    select
        *,
        case
            when is_year_last then {{ calendar_date('part_3', 'part_1', 'part_2') }}
        end as month_first_date,
        case
            when is_year_last then {{ calendar_date('part_3', 'part_2', 'part_1') }}
        end as day_first_date,
        case
            when is_year_first then {{ calendar_date('part_1', 'part_2', 'part_3') }}
            else {{ compact_date('date_joined') }}
        end as year_first_date,
        {{ has_point_groups('income') }} as has_point_groups

    from split

),

-- A part above 12 is no month, and nobody writes the month first between points.
proven as (

    select
        *,
        case
            when day_first_date is null and month_first_date is not null
                then 'month first'
            when month_first_date is null and day_first_date is not null
                then 'day first'
            when date_joined like '%.%.%' and day_first_date is not null
                then 'day first'
        end as date_order

    from dated

),

noted as (

    select
        *,
        count(case when date_order = 'day first' then 1 end) over per_file
        > count(case when date_order = 'month first' then 1 end) over per_file
            as is_day_first,
        -- Without any proof, the course's own notation has the month first.
        count(case when date_order = 'month first' then 1 end) over per_file > 0
        or date_joined like '%/%' as is_month_first,
        2 * count(case when has_point_groups then 1 end) over per_file
        > count(income) over per_file as is_point_grouped

    from proven

    window per_file as (partition by file_number)

),

typed as (

    select
        *,
        {{ to_integer('user_id') }} as customer_id,
        {{ to_text('gender') }} as typed_gender,
        {{ to_text('state') }} as typed_state,
        {{ to_text('fam_status') }} as typed_family_status,
        {{ to_integer('age') }} as typed_age,
        {{ to_integer('n_dependants') }} as dependants_count,
        case
            when is_point_grouped and has_point_groups
                then try_cast({{ digits('income') }} as integer)
            else {{ to_integer('income') }}
        end as typed_income,
        case
            when is_year_last and is_day_first then day_first_date
            when is_year_last and is_month_first then month_first_date
            else year_first_date
        end as typed_date_joined,
        -- Names go no further; they only tell whether two rows are the same.
        {{ to_text('first_name') }} as typed_first_name,
        {{ to_text('surnam') }} as last_name

    from noted

),

checked as (

    select
        *,
        {{ first_problem([
            member_problem(
                'gender',
                var('known_genders'),
                text='coalesce(' ~ usual_gender('typed_gender') ~ ', typed_gender)',
                required=false,
            ),
            integer_problem('user_id', 'customer_id', minimum=1),
            integer_problem(
                'age', 'typed_age', minimum=0, maximum=120, required=false
            ),
            unless(
                'typed_date_joined is not null or month_first_date is null or is_day_first',
                "'date_joined is a date that may have the day or the month first'",
            ),
            date_problem('date_joined', 'typed_date_joined'),
            integer_problem(
                'n_dependants', 'dependants_count', minimum=0, required=false
            ),
            integer_problem('income', 'typed_income', minimum=0, required=false),
        ]) }} as rejection_reason

    from typed

),

recognized as (

    select
        checked.*,
        state_words.word is not null as is_known_state,
        {{ usual_family_status('checked.typed_family_status') }} is not null
            as is_known_status,
        case split_part(checked.rejection_reason, ' is ', 1)
            when 'age' then checked.age
            when 'date_joined' then checked.date_joined
            when 'n_dependants' then checked.n_dependants
            when 'income' then checked.income
        end as rejected_value

    from checked

    left join state_words
        on {{ state_word('checked.typed_state') }} = state_words.word

),

-- Any cell of a rejected row may hold a name: no more than the id is kept of it. So may a
-- word that is no state or family status.
shown as (

    select
        customer_id,
        case when rejection_reason is null then typed_gender end as gender,
        case
            when rejection_reason is not null or typed_state is null then null
            when is_known_state then typed_state
            else '{{ var("unknown_label") }}'
        end as state,
        case
            when rejection_reason is not null or typed_family_status is null then null
            when is_known_status then typed_family_status
            else '{{ var("unknown_label") }}'
        end as family_status,
        typed_age as age,
        dependants_count,
        typed_income as income,
        typed_date_joined as date_joined,
        date_order,
        typed_first_name is null as is_first_name_missing,
        -- the text of each value in another notation, or of a word for a missing one
        {% for column, is_plain in {
            'user_id': is_plain_integer('user_id'),
            'gender': 'typed_gender is not null',
            'state': 'typed_state is not null',
            'age': is_plain_integer('age'),
            'date_joined': is_plain_date('date_joined') ~ ' and not is_day_first',
            'n_dependants': is_plain_integer('n_dependants'),
            'fam_status': 'typed_family_status is not null',
            'income': is_plain_integer('income') ~ ' and not is_point_grouped',
        }.items() -%}
        case
            when rejection_reason is null and not ({{ is_plain }})
                then nullif({{ trimmed(column) }}, '')
        end as {{ column }}_text,
        {% endfor -%}
        file_number,
        rejection_reason,
        -- the value that the reason names, unless it is nothing but words
        case
            when {{ matches_whole('rejected_value', '(?s).*[0-9].*') }}
                then {{ replace_all('rejected_value', '[^0-9.,:/+-]', 'x') }}
        end as masked_value,
        case when rejection_reason is not null then {{ redacted_row('user_id') }} end
            as raw_row,
        cast(
            row_number() over (
                partition by
                    customer_id,
                    typed_gender,
                    typed_state,
                    typed_family_status,
                    typed_age,
                    dependants_count,
                    typed_income,
                    typed_date_joined,
                    typed_first_name,
                    last_name,
                    rejection_reason is null
                order by file_number
            )
            as bigint
        ) as copy_number

    from recognized

)

select * from shown
