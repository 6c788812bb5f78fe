-- Which customers are in each audience of a campaign?
--
-- What are their ids, and how much does each of them order?
--
-- How to read it: one row per audience and customer, the audiences in the order of the var
-- audiences in dbt_project.yml, which defines them. order_count, order_product_count and
-- avg_order_total are the customer's own. Add a condition on the audience to get the list for
-- one campaign.
--
-- What it doesn't show: who may be written to, and whether a campaign pays. A customer can be
-- in several audiences. Prices and demographics are fabricated: audiences that need what the
-- files lack have nobody in them.
with

audiences as (

    select * from marts.rpt_audiences

),

members as (

    select * from marts.fct_audience_members

),

customers as (

    select * from marts.dim_customers

),

listed as (

    select
        audiences.audience_number,
        audiences.audience,
        audiences.title,
        customers.customer_id,
        customers.order_count,
        customers.order_product_count,
        round(customers.avg_order_total, 2) as avg_order_total

    from members

    inner join audiences
        on members.audience = audiences.audience

    inner join customers
        on members.customer_id = customers.customer_id

)

select * from listed

order by
    audience_number asc,
    customer_id asc
