with

customer_combinations as (

    select * from {{ ref('int_customer_segment_combinations') }}

),

combination_segments as (

    select * from {{ ref('int_combination_segments') }}

),

joined as (

    select
        customer_combinations.customer_id,
        combination_segments.segment_type,
        combination_segments.segment

    from customer_combinations

    inner join combination_segments
        on
            customer_combinations.combination_number
            = combination_segments.combination_number

)

select * from joined
