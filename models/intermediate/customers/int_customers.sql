{{ config(materialized='table') }}

with

customers as (

    select * from {{ ref('int_customers_screened') }}

    where row_status = 'kept'

),

customer_orders as (

    select * from {{ ref('int_customer_orders_aggregated') }}

),

customer_departments as (

    select * from {{ ref('int_customer_departments_aggregated') }}

),

departments as (

    select * from {{ ref('int_departments') }}

),

state_regions as (

    select * from {{ ref('state_regions') }}

),

state_words as (
    {{ state_words('state_regions') }}
),

prices as (

    select * from {{ ref('int_price_availability') }}

),

customer_ids as (

    select customer_id from customers

    union distinct

    select customer_id from customer_orders

),

baskets as (

    select
        customer_departments.customer_id,
        sum(customer_departments.order_product_count) as order_product_count,
        sum(customer_departments.distinct_product_count) as distinct_product_count,
        sum(customer_departments.reordered_product_count) as reordered_product_count,
        sum(customer_departments.revenue) as revenue,
        bool_or(lower(departments.department) = '{{ var("has_bought_alcohol") }}')
            as has_bought_alcohol,
        bool_or(lower(departments.department) = '{{ var("has_bought_babies") }}')
            as has_bought_babies,
        bool_or(lower(departments.department) = '{{ var("has_bought_pets") }}')
            as has_bought_pets,
        bool_or(lower(departments.department) = '{{ var("has_bought_meat") }}')
            as has_bought_meat

    from customer_departments

    inner join departments
        on customer_departments.department_id = departments.department_id

    group by customer_departments.customer_id

),

-- The lowest department id wins a tie.
favourite_departments as (

    select
        customer_departments.customer_id,
        departments.department as favourite_department

    from customer_departments

    inner join departments
        on customer_departments.department_id = departments.department_id

    qualify
        row_number() over (
            partition by customer_departments.customer_id
            order by
                customer_departments.order_product_count desc,
                customer_departments.department_id asc
        ) = 1

),

measured as (

    select
        customer_ids.customer_id,
        coalesce({{ usual_gender('customers.gender') }}, '{{ var("unknown_label") }}')
            as gender,
        coalesce(state_words.state, '{{ var("unknown_label") }}') as state,
        coalesce(state_words.region, '{{ var("unknown_label") }}') as region,
        customers.age,
        customers.date_joined,
        customers.dependants_count,
        customers.dependants_count > 0 as is_parent,
        coalesce(
            {{ usual_family_status('customers.family_status') }},
            '{{ var("unknown_label") }}'
        ) as family_status,
        customers.income,
        coalesce(customer_orders.total_order_count, 0) as total_order_count,
        coalesce(customer_orders.order_count, 0) as order_count,
        customer_orders.max_order_number,
        customer_orders.median_days_between_orders,
        customer_orders.most_common_hour,
        customer_orders.lifecycle_stage,
        coalesce(baskets.order_product_count, 0) as order_product_count,
        coalesce(baskets.distinct_product_count, 0) as distinct_product_count,
        coalesce(baskets.reordered_product_count, 0) as reordered_product_count,
        {{ spend('baskets.revenue', 'prices.has_prices') }} as total_spend,
        {{ ratio('baskets.revenue', 'baskets.order_product_count') }}
            as avg_product_price,
        {{ ratio('baskets.reordered_product_count', 'baskets.order_product_count') }}
            as reorder_rate,
        favourite_departments.favourite_department,
        coalesce(baskets.has_bought_alcohol, false) as has_bought_alcohol,
        coalesce(baskets.has_bought_babies, false) as has_bought_babies,
        coalesce(baskets.has_bought_pets, false) as has_bought_pets,
        coalesce(baskets.has_bought_meat, false) as has_bought_meat

    from customer_ids

    left join customers
        on customer_ids.customer_id = customers.customer_id

    left join state_words
        on {{ state_word('customers.state') }} = state_words.word

    left join customer_orders
        on customer_ids.customer_id = customer_orders.customer_id

    left join baskets
        on customer_ids.customer_id = baskets.customer_id

    left join favourite_departments
        on customer_ids.customer_id = favourite_departments.customer_id

    cross join prices

),

flagged as (

    select
        *,
        {{ behaviour_label('loyalty_flag', 'max_order_number') }} as loyalty_flag,
        {{ behaviour_label('activity_flag', 'max_order_number') }} as activity_flag

    from measured

),

-- data_quality.conditions_in_force shows them, by the same macro.
income_quartiles as (
    {{ quartiles('flagged', 'income') }}
),

reorder_quartiles as (
    {{ quartiles('flagged', 'reorder_rate') }}
),

-- Without active customers there are no quartiles, and the group is unknown.
income_grouped as (

    select
        flagged.*,
        {{ label('income_group', snapped_to_quartiles('flagged.income')) }}
            as income_group

    from flagged

    cross join income_quartiles

),

adventure_flagged as (

    select
        income_grouped.*,
        {{ behaviour_label(
            'adventurousness_flag', snapped_to_quartiles('income_grouped.reorder_rate')
        ) }} as adventurousness_flag

    from income_grouped

    cross join reorder_quartiles

),

labelled as (

    select
        *,
        {{ behaviour_label('spending_flag', comparable('avg_product_price')) }}
            as spending_flag,
        {{ behaviour_label('order_frequency_flag', 'median_days_between_orders') }}
            as order_frequency_flag,
        {{ behaviour_label('shopping_time_segment', 'most_common_hour') }}
            as shopping_time_segment,
        {{ label('age_group', 'age') }} as age_group,
        {{ label('family_size', 'dependants_count') }} as family_size,
        {{ orders_to_next_tier() }} as orders_to_next_tier

    from adventure_flagged

),

described as (

    select
        customer_id,
        gender,
        state,
        region,
        age,
        age_group,
        date_joined,
        dependants_count,
        is_parent,
        family_size,
        family_status,
        income,
        income_group,
        case
            when '{{ var("unknown_label") }}' in (income_group, family_size)
                then '{{ var("unknown_label") }}'
            else concat(income_group, ', ', lower(family_size))
        end as demographic_group,
        case
            when '{{ var("unknown_label") }}' in (age_group, income_group)
                then '{{ var("unknown_label") }}'
            when is_parent
                then concat(age_group, ' parent, ', lower(income_group))
            when not is_parent
                then concat(age_group, ' non-parent, ', lower(income_group))
            else '{{ var("unknown_label") }}'
        end as customer_profile,
        total_order_count,
        order_count,
        max_order_number,
        cast(order_product_count as bigint) as order_product_count,
        cast(distinct_product_count as bigint) as distinct_product_count,
        cast(reordered_product_count as bigint) as reordered_product_count,
        cast(total_spend as decimal(18, 2)) as total_spend,
        avg_product_price,
        -- An order without products counts as an order that cost nothing.
        {{ ratio('total_spend', 'order_count') }} as avg_order_total,
        cast(median_days_between_orders as double) as median_days_between_orders,
        reorder_rate,
        loyalty_flag,
        spending_flag,
        order_frequency_flag,
        activity_flag,
        shopping_time_segment,
        adventurousness_flag,
        case
            when order_count = 0 then '{{ var("no_orders_label") }}'
            else coalesce(favourite_department, '{{ var("unknown_label") }}')
        end as favourite_department,
        has_bought_alcohol,
        has_bought_babies,
        has_bought_pets,
        has_bought_meat,
        orders_to_next_tier,
        coalesce(orders_to_next_tier <= {{ var('near_next_tier_orders') }}, false)
            as is_near_next_tier,
        case
            when order_count = 0 then '{{ var("no_orders_label") }}'
            else coalesce(lifecycle_stage, '{{ var("unknown_label") }}')
        end as lifecycle_stage

    from labelled

)

select * from described
