-- A customer without analysed orders is labelled so in every behavioural flag, and nobody
-- else is.
{%- set flags = [
    'loyalty_flag', 'spending_flag', 'order_frequency_flag', 'activity_flag',
    'shopping_time_segment', 'adventurousness_flag', 'favourite_department',
    'lifecycle_stage',
] %}

with

customers as (

    select * from {{ ref('dim_customers') }}

)

{% for flag in flags %}
select
    '{{ flag }}' as flag,
    customer_id,
    {{ sentence(
        'marts.dim_customers',
        flag ~ ' to read ' ~ var('no_orders_label')
        ~ ' for customers without analysed orders, and for nobody else',
        "count(*) over (), ' that are not so, such as customer ', customer_id",
        project_fault(
            'select ' ~ flag ~ ', order_count = 0 as has_none, count(*) as customer_count'
            ~ ' from marts.dim_customers group by all'
        ),
    ) }} as message

from customers

where ({{ flag }} = '{{ var("no_orders_label") }}') <> (order_count = 0)
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
