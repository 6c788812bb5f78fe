with

customers as (

    select * from {{ ref('dim_customers') }}

    where order_count > 0

),

departments as (

    select * from {{ ref('dim_departments') }}

),

customer_departments as (

    select * from {{ ref('fct_customer_departments') }}

),

-- A department that the shop lacks leaves nobody, whatever the condition.
found as (
    {{ audience_members('customers', 'departments', 'customer_departments') }}
),

-- Two departments of one name make nobody two members.
members as (

    select
        audience,
        customer_id

    from found

    group by
        audience,
        customer_id

)

select * from members
