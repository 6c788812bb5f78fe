{#- The contract says which columns there are. -#}

with

customers as (

    select * from {{ ref('int_customers') }}

)

select * from customers -- noqa: ambiguous.column_count
