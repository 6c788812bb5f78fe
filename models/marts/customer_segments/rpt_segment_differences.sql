{%- set measures = [
    'order_count', 'products_per_order', 'avg_order_total', 'avg_product_price',
    'median_days_between_orders', 'reorder_rate',
] %}

with

customers as (

    select
        *,
        {{ ratio('order_product_count', 'order_count') }} as products_per_order

    from {{ ref('dim_customers') }}

),

-- As decimals, whose sum doesn't depend on the order of the rows, unlike doubles.
rounded as (

    select
        {% for measure in measures -%}
        cast({{ rounded(measure, 6) }} as decimal(18, 6)) as {{ measure }}_value,
        {% endfor -%}
        *

    from customers

),

squared as (

    select
        {% for measure in measures -%}
        {{ exact_square(measure ~ '_value') }} as {{ measure }}_square,
        {% endfor -%}
        *

    from rounded

),

customer_segments as (

    select * from {{ ref('int_customer_segments') }}

    where segment <> '{{ var("unknown_label") }}'

),

-- All measures in one pass; a missing value is in none of its three numbers.
summed as (

    select
        {% for measure in measures -%}
        count(squared.{{ measure }}_value) as {{ measure }}_customers,
        sum(squared.{{ measure }}_value) as {{ measure }}_sum,
        sum(squared.{{ measure }}_square) as {{ measure }}_squares,
        {% endfor -%}
        customer_segments.segment_type,
        customer_segments.segment

    from customer_segments

    inner join squared
        on customer_segments.customer_id = squared.customer_id

    group by
        customer_segments.segment_type,
        customer_segments.segment

),

segments as (
    {% for measure in measures %}

    select
        segment_type,
        '{{ measure }}' as measure,
        segment,
        {{ measure }}_customers as customer_count,
        cast({{ measure }}_sum as decimal(18, 6)) as value_sum,
        cast({{ measure }}_squares as decimal(28, 12)) as square_sum

    from summed

    where {{ measure }}_customers > 0
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

averaged as (

    select
        *,
        {{ ratio('value_sum', 'customer_count') }} as mean,
        {{ ratio(
            'sum(value_sum) over (partition by segment_type, measure)',
            'sum(customer_count) over (partition by segment_type, measure)',
        ) }} as overall_mean,
        {{ is_large_part(
            'customer_count',
            'sum(customer_count) over (partition by segment_type, measure)',
        ) }} as is_large,
        -- Of decimals, so that it is exactly 0 if all are the same.
        cast(customer_count as decimal(8, 0)) * square_sum
        - {{ exact_square('value_sum') }} as scaled_sum_of_squares_within

    from segments

),

-- Of each segment; those within it exactly.
squares as (

    select
        *,
        cast(
            customer_count * (mean - overall_mean) * (mean - overall_mean)
            as decimal(38, 18)
        ) as sum_of_squares_between,
        cast(
            {{ ratio('scaled_sum_of_squares_within', 'customer_count') }}
            as decimal(38, 18)
        ) as sum_of_squares_within,
        cast(row_number() over (
            partition by segment_type, measure, is_large
            order by {{ comparable('mean') }} asc, segment asc
        ) as bigint) as rank_from_lowest,
        cast(row_number() over (
            partition by segment_type, measure, is_large
            order by {{ comparable('mean') }} desc, segment asc
        ) as bigint) as rank_from_highest

    from averaged

),

compared as (

    select
        segment_type,
        measure,
        cast(sum(customer_count) as bigint) as customer_count,
        count(*) as segment_count,
        max(overall_mean) as overall_mean,
        count(case when is_large then 1 end) as large_segment_count,
        {% for end in ['lowest', 'highest'] -%}
        max(case when is_large and rank_from_{{ end }} = 1 then segment end)
            as {{ end }}_segment,
        max(case when is_large and rank_from_{{ end }} = 1 then mean end)
            as {{ end }}_mean,
        max(case when is_large and rank_from_{{ end }} = 1 then customer_count end)
            as {{ end }}_customer_count,
        {% endfor -%}
        cast(sum(sum_of_squares_between) as double) as sum_of_squares_between,
        cast(sum(sum_of_squares_within) as double) as sum_of_squares_within

    from squares

    group by
        segment_type,
        measure

),

segment_types as (
    {% for segment_type in segment_types() %}

    select '{{ segment_type }}' as segment_type
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

measures as (
    {% for measure in measures %}

    select '{{ measure }}' as measure
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

-- Each type and measure is listed, even if nothing is known; variances need two segments,
-- more customers than segments, and customers who differ.
filled as (

    select
        segment_types.segment_type,
        measures.measure,
        coalesce(compared.customer_count, 0) as customer_count,
        coalesce(compared.segment_count, 0) as segment_count,
        compared.overall_mean,
        -- One segment has no ends to compare.
        {% for end in ['lowest', 'highest'] -%}
        case when compared.large_segment_count > 1 then compared.{{ end }}_segment end
            as {{ end }}_segment,
        case when compared.large_segment_count > 1 then compared.{{ end }}_mean end
            as {{ end }}_mean,
        case
            when compared.large_segment_count > 1
                then compared.{{ end }}_customer_count
        end as {{ end }}_customer_count,
        {% endfor -%}
        compared.sum_of_squares_between,
        compared.sum_of_squares_within,
        case
            when
                compared.segment_count > 1
                and compared.customer_count > compared.segment_count
                and compared.sum_of_squares_between + compared.sum_of_squares_within > 0
                then compared.segment_count - 1
        end as df_between,
        nullif(compared.customer_count - compared.segment_count, 0) as df_within

    from segment_types

    cross join measures

    left join compared
        on
            segment_types.segment_type = compared.segment_type
            and measures.measure = compared.measure

),

-- Sums of squares by their degrees of freedom.
varied as (

    select
        *,
        {{ ratio('sum_of_squares_between', 'df_between') }} as mean_square_between,
        {{ ratio('sum_of_squares_within', 'df_within') }} as mean_square_within,
        {{ ratio(
            '(sum_of_squares_between + sum_of_squares_within)', 'customer_count - 1'
        ) }} as variance

    from filled

),

tested as (

    select
        *,
        -- Null otherwise; greatest would make it 0.
        case
            when df_between is not null
                then greatest(
                        cast(0 as double),
                        1 - {{ ratio('mean_square_within', 'variance') }}
                    )
        end as adjusted_r_squared,
        {{ ratio('mean_square_between', 'mean_square_within') }} as f_statistic,
        {{ f_critical('df_between', 'df_within') }} as f_critical

    from varied

),

-- What an F at its critical value would have been.
detectable as (

    select
        *,
        {{ ratio(
            'df_between * (f_critical - 1)', '(df_between * f_critical + df_within)'
        ) }} as detectable_r_squared,
        -- By Scheffé: ends that are further apart bring an F above the critical one.
        sqrt(
            df_between * f_critical * mean_square_within
            * (
                {{ ratio(1, 'lowest_customer_count') }}
                + {{ ratio(1, 'highest_customer_count') }}
            )
        ) as detectable_difference,
        -- With so many an F just critical explains the least share of interest.
        cast(ceil(
            {{ ratio(
                'df_between * (f_critical - 1)',
                share_var('min_adjusted_r_squared'),
            ) }}
            - df_between * f_critical
        ) as bigint) + segment_count as needed_customer_count

    from tested

),

judged as (

    select
        segment_type,
        measure,
        customer_count,
        segment_count,
        overall_mean,
        lowest_segment,
        lowest_mean,
        highest_segment,
        highest_mean,
        {{ ratio('highest_mean', 'lowest_mean') }} - 1 as spread,
        adjusted_r_squared,
        f_statistic,
        f_critical,
        detectable_r_squared,
        detectable_difference,
        needed_customer_count,
        -- If nothing varies within, segments differ beyond any chance, and F is undefined.
        coalesce(
            f_critical is not null
            and (f_statistic > f_critical or mean_square_within = 0),
            false
        ) as is_beyond_chance,
        coalesce(
            {{ comparable('adjusted_r_squared') }}
            >= {{ share_var('min_adjusted_r_squared') }},
            false
        ) as is_large_effect,
        case measure
            when 'order_count' then segment_type in ('loyalty_flag', 'activity_flag')
            when 'avg_product_price' then segment_type = 'spending_flag'
            when 'median_days_between_orders'
                then segment_type = 'order_frequency_flag'
            when 'reorder_rate' then segment_type = 'adventurousness_flag'
            else false
        end as is_by_definition

    from detectable

),

concluded as (

    select
        *,
        is_beyond_chance and is_large_effect as is_significant,
        case
            when is_beyond_chance and is_large_effect
                then '{{ var("difference_verdict")["differs"] }}'
            when
                {{ comparable('detectable_r_squared') }}
                <= {{ share_var('min_adjusted_r_squared') }}
                then '{{ var("difference_verdict")["same"] }}'
            else '{{ var("difference_verdict")["too_few"] }}'
        end as verdict

    from judged

)

select * from concluded
