{%- set width = 5 %}

with

customers as (

    select * from {{ ref('dim_customers') }}

    where
        order_count > 0
        and age is not null
        and income is not null

),

-- From 1 to 5, 6 to 10 and so on; newborns are in the first.
banded as (

    select
        customer_id,
        income,
        cast(floor({{ ratio('(greatest(age, 1) - 1)', width) }}) as integer) as band_number

    from customers

),

measured as (

    select
        band_number * {{ width }} + 1 as first_age,
        (band_number + 1) * {{ width }} as last_age,
        count(*) as customer_count,
        percentile_cont(0.25) within group (order by income) as income_first_quartile,
        cast(median(income) as double) as median_income,
        percentile_cont(0.75) within group (order by income) as income_third_quartile

    from banded

    group by band_number

),

judged as (

    select
        *,
        {{ has_enough_customers('customer_count') }} as has_enough_customers

    from measured

)

select * from judged
