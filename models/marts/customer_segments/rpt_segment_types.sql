{%- set verdicts = var('difference_verdict') %}

with

differences as (

    select * from {{ ref('rpt_segment_differences') }}

),

-- Segments differ by definition in what their type is made from.
compared as (

    select
        segment_type,
        measure,
        {{ is_demographic('segment_type') }} as is_demographic,
        customer_count,
        segment_count,
        adjusted_r_squared,
        detectable_r_squared,
        needed_customer_count,
        is_beyond_chance,
        is_significant,
        verdict,
        cast(row_number() over (
            partition by segment_type
            order by {{ comparable('adjusted_r_squared') }} desc nulls last, measure asc
        ) as bigint) as measure_rank

    from differences

    where not is_by_definition

),

summed as (

    select
        segment_type,
        is_demographic,
        max(segment_count) as segment_count,
        max(case when measure_rank = 1 then adjusted_r_squared end)
            as adjusted_r_squared,
        max(
            case
                when measure_rank = 1 and adjusted_r_squared is not null then measure
            end
        ) as best_explained_measure,
        bool_or(is_beyond_chance) as is_beyond_chance,
        -- A measure that nobody has, as money without prices, is left out.
        max(case when customer_count > 0 then detectable_r_squared end)
            as detectable_r_squared,
        max(needed_customer_count) as needed_customer_count,
        bool_or(is_significant) as is_significant,
        count(case when customer_count > 0 then 1 end) as known_measure_count,
        count(
            case when verdict = '{{ verdicts["same"] }}' then 1 end
        ) as same_measure_count

    from compared

    group by
        segment_type,
        is_demographic

),

ranked as (

    select
        *,
        max(case when is_significant then adjusted_r_squared end) over (
            partition by is_demographic
        ) as best_adjusted_r_squared

    from summed

),

judged as (

    select
        segment_type,
        is_demographic,
        segment_count,
        best_explained_measure,
        adjusted_r_squared,
        detectable_r_squared,
        needed_customer_count,
        is_beyond_chance,
        is_significant,
        case
            when is_significant then '{{ verdicts["differs"] }}'
            when
                known_measure_count > 0
                and same_measure_count = known_measure_count
                then '{{ verdicts["same"] }}'
            else '{{ verdicts["too_few"] }}'
        end as verdict,
        coalesce(
            is_significant
            and {{ comparable('adjusted_r_squared') }}
            >= {{ comparable(
                share_var('nearly_best_share') ~ ' * best_adjusted_r_squared'
            ) }},
            false
        ) as is_nearly_best

    from ranked

)

select * from judged
