-- Key question 5d: Are age and family status connected in terms of ordering habits?
--
-- How to read it: one row per age group and family status, even if nobody is in both.
-- customers_against_chance tells how the two go together: 1 as if they were
-- independent, 2 twice as many customers, 0 none at all; verdict, whether that is a
-- difference, none, or whether there are too few customers to tell. The columns after it
-- tell whether such customers order differently: compare them down the column.
--
-- What it doesn't show: how people live. The course derived family status from age and
-- dependants by a fixed rule, which is all that customers_against_chance shows. Habits
-- don't follow it: where a column differs, look at customer_count first, as small
-- groups are unreliable. Prices and customers are fabricated.
with

crosstabs as (

    select * from marts.rpt_segment_crosstabs

    where
        segment_type_a = 'age_group'
        and segment_type_b = 'family_status'

),

described as (

    select
        segment_a as age_group,
        segment_b as family_status,
        customer_count,
        order_count,
        order_product_count,
        round(customer_share_of_a, 6) as share_of_age_group,
        round(lift, 2) as customers_against_chance,
        is_more_than_chance,
        verdict,
        has_enough_customers,
        round(order_count / nullif(customer_count, 0), 2) as orders_per_customer,
        round(order_product_count / nullif(order_count, 0), 2) as products_per_order,
        round(revenue / nullif(order_count, 0), 2) as avg_order_total,
        round(revenue / nullif(order_product_count, 0), 2) as avg_product_price

    from crosstabs

)

select * from described

order by
    age_group,
    family_status
