with

customers as (

    select * from {{ ref('dim_customers') }}

    where order_count > 0

),

-- By state first: the states of a region are then rows to count.
states as (

    select
        region,
        state,
        count(*) as customer_count

    from customers

    group by
        region,
        state

),

counted as (

    select
        region,
        count(*) as state_count,
        cast(sum(customer_count) as bigint) as customer_count

    from states

    group by region

),

measured as (

    select
        region,
        state_count,
        {{ share('state_count') }} as state_share,
        customer_count,
        {{ share('customer_count') }} as customer_share,
        sum(customer_count) over () as all_customers

    from counted

),

compared as (

    select
        *,
        customer_share - state_share as difference,
        sqrt({{ ratio('state_share * (1 - state_share)', 'all_customers') }})
            as standard_error

    from measured

),

judged as (

    select
        region,
        state_count,
        state_share,
        customer_count,
        customer_share,
        not {{ is_beyond_chance('abs(difference)', 'standard_error') }}
            as is_explained_by_states,
        {{ detectable_difference('standard_error') }} as detectable_difference,
        {{ difference_verdict(
            'difference',
            'nullif(standard_error, 0)',
            share_var('min_share_difference'),
            'all_customers',
        ) }} as verdict

    from compared

)

select * from judged
