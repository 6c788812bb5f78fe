{{ config(materialized='table') }}

{%- set columns = segment_types() | join(', ') %}

with

customers as (

    select * from {{ ref('int_customers') }}

    where order_count > 0

),

segmented as (

    select {{ segment_columns() }} from customers

),

-- The types of other batches are null.
combined as (

    select {{ columns }}

    from segmented

    group by
        grouping sets (
            {%- for batch in segment_type_batches() %}
            ({{ batch | join(', ') }}){{ ',' if not loop.last }}
            {%- endfor %}
        )

),

numbered as (

    select
        cast(
            row_number() over (order by {{ columns }})
            as bigint
        ) as combination_number,
        {{ columns }}

    from combined

)

select * from numbered
