-- Every label found in a dimension or in orders is listed in conditions_in_force.
{%- set columns = {
    'dim_products': ['price_range', 'is_product_name_imputed', 'is_price_imputed'],
    'fct_orders': [
        'is_analysed', 'cart_size', 'busiest_day', 'busiest_days',
        'busiest_period_of_day',
    ],
    'dim_customers': [
        'loyalty_flag', 'activity_flag', 'spending_flag', 'order_frequency_flag',
        'shopping_time_segment', 'adventurousness_flag', 'has_bought_alcohol',
        'has_bought_babies', 'has_bought_pets', 'has_bought_meat', 'age_group',
        'is_parent', 'family_size', 'income_group', 'is_near_next_tier',
        'lifecycle_stage',
    ],
} %}

with

conditions as (

    select * from {{ ref('conditions_in_force') }}

),

found as (
    {% for model, names in columns.items() %}
    {%- set is_last_model = loop.last %}
    {%- for name in names %}

    select
        '{{ model }}' as model_name,
        '{{ name }}' as column_name,
        coalesce(cast({{ name }} as string), '{{ var("unknown_label") }}')
            as found_label

    from {{ ref(model) }}

    group by {{ name }}
    {% if not (is_last_model and loop.last) %}
    union all
    {% endif %}
    {% endfor %}
    {% endfor %}

)

select
    found.model_name,
    found.column_name,
    found.found_label,
    {{ sentence(
        'data_quality.conditions_in_force',
        'a condition for each label there is',
        "count(*) over (), ' without, such as ', found.found_label, ' of ', "
        ~ "found.column_name",
        'list the column in models/data_quality/conditions_in_force.sql',
    ) }} as message

from found

left join conditions
    on
        found.column_name = conditions.column_name
        and found.found_label = conditions.label

where conditions.label is null
