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

-- As decimals: they add up to the same whatever their order, which doubles don't.
rounded as (

    select
        {% for measure in measures -%}
        cast({{ measure }} as decimal(18, 6)) as {{ measure }}_value,
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
        customer_count
        >= {{ share_var('smallest_segment_share') }} * cast(
            sum(customer_count) over (partition by segment_type, measure)
            as decimal(12, 0)
        ) as is_large,
        -- Of decimals, so that it is 0 where all are the same.
        cast(customer_count as decimal(8, 0)) * square_sum
        - {{ exact_square('value_sum') }} as exact_within_segments

    from segments

),

-- Sums of squares: between the segments, by their means, and within them, exactly.
spread_out as (

    select
        *,
        cast(
            customer_count * (mean - overall_mean) * (mean - overall_mean)
            as decimal(38, 18)
        ) as between_segments,
        cast(
            {{ ratio('exact_within_segments', 'customer_count') }} as decimal(38, 18)
        ) as within_segments,
        row_number() over (
            partition by segment_type, measure, is_large
            order by round(mean, 9) asc, segment asc
        ) as rank_from_lowest,
        row_number() over (
            partition by segment_type, measure, is_large
            order by round(mean, 9) desc, segment asc
        ) as rank_from_highest

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
        {% endfor -%}
        cast(sum(between_segments) as double) as between_segments,
        cast(sum(within_segments) as double) as within_segments

    from spread_out

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

-- Each type and measure is listed, also if nothing is known; variances need two
-- segments, more customers than segments, and customers who differ.
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
        {% endfor -%}
        compared.between_segments,
        compared.within_segments,
        case
            when
                compared.segment_count > 1
                and compared.customer_count > compared.segment_count
                and compared.between_segments + compared.within_segments > 0
                then compared.segment_count - 1
        end as degrees_between,
        nullif(compared.customer_count - compared.segment_count, 0) as degrees_within

    from segment_types

    cross join measures

    left join compared
        on
            segment_types.segment_type = compared.segment_type
            and measures.measure = compared.measure

),

-- Sums of squares by what each is free to vary.
varied as (

    select
        *,
        between_segments / degrees_between as variance_between,
        within_segments / degrees_within as variance_within,
        (between_segments + within_segments) / (customer_count - 1) as variance

    from filled

),

explained as (

    select
        *,
        -- Else null: the greatest of 0 and null is 0.
        case
            when degrees_between is not null
                then greatest(cast(0 as double), 1 - variance_within / variance)
        end as explained_share,
        variance_between / nullif(variance_within, 0) as f_value,
        {{ f_by_chance('degrees_between', 'degrees_within') }} as f_by_chance

    from varied

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
        explained_share,
        f_value,
        case when degrees_between is not null then f_by_chance end as f_by_chance,
        -- Where nothing varies within, they differ beyond any chance, without an F.
        coalesce(
            explained_share >= {{ share_var('min_explained_share') }}
            and f_by_chance is not null
            and (f_value > f_by_chance or variance_within = 0),
            false
        ) as is_difference

    from explained

)

select * from judged
