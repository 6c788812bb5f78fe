with

customers as (

    select * from {{ ref('dim_customers') }}

    where order_count > 0

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

tiers as (
    {{ loyalty_tier_list() }}
),

-- As decimals, whose sum doesn't depend on the order of the rows, unlike doubles.
priced as (

    select
        *,
        cast(
            {{ rounded('orders_to_next_tier * avg_order_total', 6) }} as decimal(18, 6)
        ) as revenue_to_next_tier

    from customers

),

counted as (

    select
        loyalty_flag,
        count(*) as customer_count,
        sum(order_count) as order_count,
        sum(order_product_count) as order_product_count,
        sum(total_spend) as revenue,
        count(*) filter (where is_near_next_tier) as customers_near_next_tier,
        sum(orders_to_next_tier) filter (where is_near_next_tier)
            as orders_to_next_tier,
        sum(revenue_to_next_tier) filter (where is_near_next_tier)
            as revenue_to_next_tier

    from priced

    group by loyalty_flag

),

-- All tiers are listed, with 0 where there is nobody.
filled as (

    select
        tiers.loyalty_tier,
        tiers.tier_number,
        tiers.next_tier,
        tiers.next_tier_order_number,
        coalesce(counted.customer_count, 0) as customer_count,
        cast(coalesce(counted.order_count, 0) as bigint) as order_count,
        cast(coalesce(counted.order_product_count, 0) as bigint) as order_product_count,
        cast({{ spend('counted.revenue', 'prices.has_prices') }} as decimal(18, 2))
            as revenue,
        coalesce(counted.customers_near_next_tier, 0) as customers_near_next_tier,
        cast(coalesce(counted.orders_to_next_tier, 0) as bigint) as orders_to_next_tier,
        cast(
            {{ spend('counted.revenue_to_next_tier', 'prices.has_prices') }}
            as decimal(18, 2)
        ) as revenue_to_next_tier

    from tiers

    left join counted
        on tiers.loyalty_tier = counted.loyalty_flag

    cross join prices

),

measured as (

    select
        loyalty_tier,
        tier_number,
        customer_count,
        {{ share('customer_count') }} as customer_share,
        order_count,
        {{ share('order_count') }} as order_share,
        order_product_count,
        {{ share('order_product_count') }} as order_product_share,
        revenue,
        {{ share('revenue') }} as revenue_share,
        {{ ratio('order_count', 'customer_count') }} as orders_per_customer,
        {{ ratio('revenue', 'order_count') }} as avg_order_total,
        next_tier,
        next_tier_order_number,
        customers_near_next_tier,
        orders_to_next_tier,
        revenue_to_next_tier

    from filled

)

select * from measured
