with

published_figures as (

    select * from {{ ref('int_published_figures') }}

    where rounding is not null

),

measured as (

    select * from {{ ref('int_published_figures_measured') }}

),

decided as (

    select * from {{ ref('int_published_figures_decided') }}

),

measured_metrics as (

    select metric

    from measured

    group by metric

),

-- A metric without rows in the package is left out, and so are figures that depend on
-- other vars than the publishers' or on what is fabricated; a cell without rows is 0.
compared as (

    select
        published_figures.metric,
        published_figures.dimension,
        published_figures.published,
        -- A correlation's last digits depend on the order of the rows.
        {{ rounded('coalesce(measured.actual, 0)', 9) }} as actual,
        published_figures.rounding,
        published_figures.source

    from published_figures

    inner join measured_metrics
        on published_figures.metric = measured_metrics.metric

    left join measured
        on
            published_figures.metric = measured.metric
            and published_figures.dimension = measured.dimension

    inner join decided
        on decided.is_compared

    where
        published_figures.is_comparable
        and not (published_figures.rests_on_customers and decided.is_without_customers)
        and not (published_figures.rests_on_prices and decided.is_without_prices)

),

-- Slightly more than the rounding, as binary fractions differ slightly from decimal ones.
judged as (

    select
        metric,
        dimension,
        published,
        actual,
        abs(actual - published) <= rounding * 1.000001 as is_match,
        rounding,
        source

    from compared

)

select * from judged
