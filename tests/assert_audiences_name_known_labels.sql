-- A label that an audience is defined by is one of its flag: a misspelt or renamed one would
-- leave nobody without a word.
with

conditions as (

    select * from {{ ref('conditions_in_force') }}

),

compared as (
    {{ audience_texts() }}
),

flags as (

    select column_name

    from conditions

    group by column_name

)

select
    compared.audience,
    compared.column_name,
    compared.label,
    {{ sentence(
        'dbt_project.yml',
        'each audience to name labels that its flags have',
        "count(*) over (), ' others, such as ', compared.label, ' of ', "
        ~ "compared.column_name, ' in ', compared.audience",
        'correct its condition under audiences',
    ) }} as message

from compared

inner join flags
    on compared.column_name = flags.column_name

left join conditions
    on
        compared.column_name = conditions.column_name
        and compared.label = conditions.label

where conditions.label is null
