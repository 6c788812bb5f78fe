{%- set weekday_rank = 'rank of the weekday by analysed orders' -%}
{%- set hour_rank = 'rank of the hour by analysed orders' -%}
{%- set typing_error = 'missing, below ' ~ var('lowest_valid_price')
    ~ ' or above ' ~ var('highest_valid_price') -%}
{%- set phenomenon = var('phenomenon') -%}
{%- set both = 'is_high_traffic, is_high_value' -%}
{%- set recent_gap = 'mean of the last ' ~ var('recent_gaps') ~ ' gaps' -%}
{%- set own_errors = var('gap_standard_errors') ~ ' standard errors off' -%}
{%- set stages = var('lifecycle_stage') -%}
{%- set favoured = 'customer_count, share_difference' -%}
{%- set verdicts = var('difference_verdict') -%}
{%- set errors = var('favoured_by_standard_errors') ~ ' standard errors' -%}

with

customers as (

    select * from {{ ref('dim_customers') }}

),

income_quartiles as (
    {{ quartiles('customers', 'income') }}
),

reorder_quartiles as (
    {{ quartiles('customers', 'reorder_rate') }}
),

-- From the vars when this is built, including those of the command line.
stated as (

    select conditions.*

    from (
        values
        {{ flag_conditions('price_range', 'price') }},
        {{ boolean_conditions(
            'is_product_name_imputed',
            'listed product_name',
            'missing, or in (' ~ var('spreadsheet_errors') | join(', ') ~ ')',
        ) }},
        {{ boolean_conditions(
            'is_price_imputed',
            'listed price',
            typing_error ~ ', where any product has a price',
        ) }},
        {{ boolean_conditions(
            'is_analysed',
            'eval_set',
            'in (' ~ var('analysed_eval_sets') | join(', ') ~ ')',
        ) }},
        {{ flag_conditions('cart_size', 'product_count', is_knowable=true) }},
        {{ flag_conditions('busiest_day', weekday_rank, is_knowable=true) }},
        {{ flag_conditions('busiest_days', weekday_rank, is_knowable=true) }},
        {{ flag_conditions('busiest_period_of_day', hour_rank, is_knowable=true) }},
        {{ flag_conditions('loyalty_flag', 'max_order_number', is_behaviour=true) }},
        {{ flag_conditions('activity_flag', 'max_order_number', is_behaviour=true) }},
        {{ flag_conditions('spending_flag', 'avg_product_price', is_behaviour=true) }},
        {{ flag_conditions(
            'order_frequency_flag', 'median_days_between_orders', is_behaviour=true
        ) }},
        {{ flag_conditions(
            'shopping_time_segment',
            'most common hour of analysed orders',
            is_behaviour=true,
        ) }},
        {{ flag_conditions(
            'adventurousness_flag', 'reorder_rate', is_behaviour=true
        ) }},
        {{ boolean_conditions(
            'is_near_next_tier', 'orders_to_next_tier', '<= ' ~ var('near_next_tier_orders')
        ) }},
        {{ condition_rows('lifecycle_stage', [
            [var('no_orders_label'), 'order_count', '= 0'],
            [stages['new'], 'gaps between analysed orders', '< ' ~ var('min_lifecycle_gaps')],
            [
                stages['lapsed'],
                'days before the last order of any eval set',
                '>= ' ~ var('lapsed_gap_days') ~ ', and >= ' ~ var('lapsed_gap_ratio')
                ~ ' usual gaps',
            ],
            [
                stages['growing'], recent_gap, '<= ' ~ var('growing_gap_ratio')
                ~ ' usual gaps, and more than ' ~ own_errors,
            ],
            [
                stages['slowing'], recent_gap, '>= ' ~ var('slowing_gap_ratio')
                ~ ' usual gaps, and more than ' ~ own_errors,
            ],
            [stages['steady'], recent_gap, 'otherwise'],
        ]) }},
        {% for flag in [
            'has_bought_alcohol', 'has_bought_babies', 'has_bought_pets',
            'has_bought_meat',
        ] -%}
        {{ boolean_conditions(
            flag, 'any product of analysed orders', 'department is ' ~ var(flag)
        ) }},
        {% endfor -%}
        {{ flag_conditions('age_group', 'age') }},
        {{ boolean_conditions(
            'is_parent', 'dependants_count', '> 0', unknown='is null'
        ) }},
        {{ flag_conditions('family_size', 'dependants_count') }},
        {{ flag_conditions('income_group', 'income') }},
        {{ boolean_conditions(
            'is_high_traffic',
            'order_count of the hour',
            'at or above the mean of all 24 hours',
        ) }},
        {{ boolean_conditions(
            'is_high_value',
            'avg_order_total of the hour',
            'at or above the mean of all orders',
            unknown='is null, as no product has a price',
        ) }},
        {{ condition_rows('phenomenon', [
            [var('unknown_label'), both, 'is_high_value is null'],
            [phenomenon['high_traffic_and_value'], both, 'both are true'],
            [phenomenon['high_traffic'], both, 'is_high_traffic is true'],
            [phenomenon['high_value'], both, 'is_high_value is true'],
            [phenomenon['neither'], both, 'otherwise'],
        ]) }},
        {{ boolean_conditions(
            'is_usual_price',
            'avg_product_price of the hour / that of all hours - 1, without its sign',
            '<= ' ~ var('usual_price_deviation'),
            unknown='is null',
        ) }},
        {% for column, measure in {
            'has_enough_orders': 'order_share',
            'is_frequent': 'order_product_share',
            'is_frequent_department': 'overall_share',
            'is_large': 'customer_share',
        }.items() -%}
        {{ boolean_conditions(column, measure, '>= ' ~ var('min_named_share')) }},
        {% endfor -%}
        {{ boolean_conditions(
            'has_enough_customers',
            'customer_count',
            '>= ' ~ var('favoured_by_customers'),
        ) }},
        {{ boolean_conditions(
            'is_favoured',
            'customers of the segment, share_of_segment',
            '>= ' ~ var('favoured_by_customers') ~ ', and more than ' ~ errors
            ~ ' above overall_share',
        ) }},
        {{ boolean_conditions(
            'is_worth_targeting',
            'share_of_segment - overall_share, where is_favoured',
            '>= ' ~ var('min_share_difference'),
        ) }},
        {{ boolean_conditions(
            'is_typical',
            'share_of_hour - overall_share',
            '>= ' ~ var('min_share_difference') ~ ', and more than ' ~ errors,
        ) }},
        {{ boolean_conditions(
            'is_more_than_chance',
            'customer_count',
            '>= ' ~ var('favoured_by_customers') ~ ', and more than ' ~ errors
            ~ ' above expected_customers',
        ) }},
        {{ boolean_conditions(
            'is_explained_by_states',
            'customer_share of the region',
            'no further than ' ~ errors ~ ' from state_share',
        ) }},
        {{ boolean_conditions(
            'is_beyond_chance', 'f_statistic', '> f_critical, its 0.999 quantile'
        ) }},
        {{ boolean_conditions(
            'is_large_effect',
            'adjusted_r_squared',
            '>= ' ~ share_var('min_adjusted_r_squared'),
        ) }},
        {{ boolean_conditions(
            'is_significant', 'is_beyond_chance, is_large_effect', 'both are true'
        ) }},
        {{ audience_conditions() }},
        {{ condition_rows('favoured_verdict', [
            [
                verdicts['differs'], favoured,
                '>= ' ~ var('favoured_by_customers') ~ ', and >= '
                ~ var('min_share_difference') ~ ' and more than ' ~ errors,
            ],
            [
                verdicts['same'], favoured,
                '>= ' ~ var('favoured_by_customers') ~ ', and ' ~ errors ~ ' <= '
                ~ var('min_share_difference'),
            ],
            [verdicts['too_few'], favoured, 'otherwise'],
        ]) }},
        {{ boolean_conditions(
            'is_nearly_best',
            'adjusted_r_squared / that of the best type, where is_significant',
            '>= ' ~ var('nearly_best_share'),
        ) }}
    ) as conditions (column_name, label_number, label, measure, condition)

),

quartiles as (
    {% for column, step in {
        'income_group': 'income_quartiles',
        'adventurousness_flag': 'reorder_quartiles',
    }.items() %}

    select
        '{{ column }}' as column_name,
        {{ bound_text('first_quartile') }} as first_quartile,
        {{ bound_text('third_quartile') }} as third_quartile

    from {{ step }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

described as (

    select
        stated.column_name,
        cast(stated.label_number as integer) as label_number,
        stated.label,
        stated.measure,
        replace(
            replace(
                stated.condition,
                'first_quartile',
                coalesce(quartiles.first_quartile, 'none') || ' (first quartile)'
            ),
            'third_quartile',
            coalesce(quartiles.third_quartile, 'none') || ' (third quartile)'
        ) as condition

    from stated

    left join quartiles
        on stated.column_name = quartiles.column_name

),

bounded as (

    select
        *,
        {{ leading_bound('condition') }} as bound

    from described

)

select * from bounded
