{{ config(materialized='table') }}

with

combinations as (

    select * from {{ ref('int_segment_combinations') }}

),

unpivoted as (
    {% for segment_type in segment_types() %}

    select
        combination_number,
        '{{ segment_type }}' as segment_type,
        {{ segment_type }} as segment

    from combinations

    where {{ segment_type }} is not null
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select * from unpivoted
