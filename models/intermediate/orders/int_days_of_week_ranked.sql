with

orders as (

    select * from {{ ref('int_orders') }}

    where is_analysed

),

days_of_week as (

    select * from {{ ref('days_of_week') }}

),

-- All days are ranked, also those without orders; the lower one wins a tie.
ranked as (

    select
        days_of_week.day_of_week,
        days_of_week.day_name,
        cast(
            row_number() over (
                order by count(orders.order_id) desc, days_of_week.day_of_week asc
            )
            as bigint
        ) as order_rank

    from days_of_week

    left join orders
        on days_of_week.day_of_week = orders.day_of_week

    group by
        days_of_week.day_of_week,
        days_of_week.day_name

)

select * from ranked
