{{ config(materialized='table') }}

with

customers as (

    select * from {{ ref('int_customers') }}

    where order_count > 0

),

segmented as (

    select
        customer_id,
        {{ segment_columns() }}

    from customers

),

combinations as (

    select * from {{ ref('int_segment_combinations') }}

),

-- Types of other batches are null in a combination, and match nobody.
matched as (
    {% for batch in segment_type_batches() %}

    select
        segmented.customer_id,
        combinations.combination_number

    from segmented

    inner join combinations
        on {{ same_segments('segmented', 'combinations', batch) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select * from matched
