{#- The vars that published figures depend on; published_vars has their values. -#}
{%- set published_vars = [
    'analysed_eval_sets',
    'lowest_valid_price',
    'highest_valid_price',
    'known_genders',
    'price_range',
    'busiest_day',
    'busiest_days',
    'busiest_period_of_day',
    'loyalty_flag',
    'activity_flag',
    'high_activity_label',
    'spending_flag',
    'order_frequency_flag',
    'shopping_time_segment',
] -%}

with

published_figures as (

    select * from {{ ref('published_figures') }}

),

published_vars as (

    select * from {{ ref('published_vars') }}

),

-- Made of the vars when this is built, with those given on the command line.
vars_in_force as (
    {% for name in published_vars %}

    select
        '{{ name }}' as var_name,
        {{ text_literal(var_text(name)) }} as var_value
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

changed_vars as (

    select published_vars.var_name

    from published_vars

    left join vars_in_force
        on published_vars.var_name = vars_in_force.var_name

    where
        coalesce(published_vars.published_value, '')
        <> coalesce(vars_in_force.var_value, '')

),

changed_figures as (

    select
        published_figures.metric,
        published_figures.dimension

    from published_figures

    inner join changed_vars
        on
            position(
                concat(' ', changed_vars.var_name, ' ')
                in concat(' ', published_figures.vars, ' ')
            ) > 0

    group by
        published_figures.metric,
        published_figures.dimension

),

compared as (

    select
        published_figures.metric,
        published_figures.dimension,
        published_figures.published,
        published_figures.rounding,
        published_figures.tolerance,
        published_figures.tolerance_kind,
        published_figures.basis,
        published_figures.noise,
        published_figures.is_scaled,
        published_figures.vars,
        published_figures.source,
        changed_figures.metric is null as is_comparable,
        -- By the vars that screen rows of customers.csv, and prices.
        coalesce(position('known_genders' in published_figures.vars) > 0, false)
            as rests_on_customers,
        coalesce(position('lowest_valid_price' in published_figures.vars) > 0, false)
            as rests_on_prices

    from published_figures

    left join changed_figures
        on
            published_figures.metric = changed_figures.metric
            and published_figures.dimension = changed_figures.dimension

)

select * from compared
