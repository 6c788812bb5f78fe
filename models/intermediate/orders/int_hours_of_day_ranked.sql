with

orders as (

    select * from {{ ref('int_orders') }}

    where is_analysed

),

hours_of_day as (

    select * from {{ ref('hours_of_day') }}

),

-- All hours are ranked, also those without orders; the lower one wins a tie.
ranked as (

    select
        hours_of_day.hour_of_day,
        cast(
            row_number() over (
                order by count(orders.order_id) desc, hours_of_day.hour_of_day asc
            )
            as bigint
        ) as order_rank

    from hours_of_day

    left join orders
        on hours_of_day.hour_of_day = orders.hour_of_day

    group by hours_of_day.hour_of_day

)

select * from ranked
