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
        cast(floor({{ ratio('(greatest(age, 1) - 1)', width) }}) as integer)
            as band_number

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

-- A median's standard error is 1.25 / 1.35 of the distance of the quartiles by the root of
-- their number (McGill, Tukey and Larsen, The American Statistician 32, 1978).
erred as (

    select
        *,
        {{ ratio(
            '1.25 * (income_third_quartile - income_first_quartile)',
            '1.35 * sqrt(customer_count)',
        ) }} as standard_error

    from measured

),

compared as (

    select
        *,
        lag(median_income) over (order by first_age) as median_income_before,
        lag(customer_count) over (order by first_age) as customer_count_before,
        sqrt(
            standard_error * standard_error
            + lag(standard_error * standard_error) over (order by first_age)
        ) as difference_standard_error

    from erred

),

judged as (

    select
        first_age,
        last_age,
        customer_count,
        income_first_quartile,
        median_income,
        income_third_quartile,
        {{ has_enough_customers('customer_count') }} as has_enough_customers,
        median_income_before,
        {{ detectable_difference('nullif(difference_standard_error, 0)') }}
            as detectable_difference,
        {{ difference_verdict(
            '(median_income - median_income_before)',
            'nullif(difference_standard_error, 0)',
            comparable(
                share_var('min_income_difference') ~ ' * median_income_before'
            ),
            'least(customer_count, customer_count_before)',
        ) }} as verdict

    from compared

)

select * from judged
