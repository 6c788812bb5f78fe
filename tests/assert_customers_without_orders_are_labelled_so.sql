-- A customer without analysed orders is labelled so in every behavioural flag, and nobody
-- else is.
{%- set flags = [
    'loyalty_flag', 'spending_flag', 'order_frequency_flag', 'activity_flag',
    'shopping_time_segment', 'adventurousness_flag', 'favourite_department',
] %}

with

customers as (

    select * from {{ ref('dim_customers') }}

)

{% for flag in flags %}
select
    '{{ flag }}' as flag,
    customer_id

from customers

where ({{ flag }} = '{{ var("no_orders_label") }}') <> (order_count = 0)
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
