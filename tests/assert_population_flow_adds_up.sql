-- Each step removes what it says, and starts where the one before it on its dataset ended.
with

population_flow as (

    select * from {{ ref('population_flow') }}

),

chained as (

    select
        step_number,
        dataset,
        rows_in,
        rows_removed,
        rows_out,
        lag(rows_out) over (
            partition by dataset
            order by step_number
        ) as prior_rows_out

    from population_flow

)

select
    *,
    {{ sentence(
        'data_quality.population_flow',
        'each step to start where the one before it ended, and to remove what it says',
        "rows_in, ' - ', rows_removed, ' = ', rows_out, ' in step ', step_number, "
        ~ "', after ', coalesce(prior_rows_out, rows_in)",
        project_fault('from data_quality.population_flow order by step_number'),
    ) }} as message

from chained

where
    rows_in - rows_removed <> rows_out
    or rows_removed < 0
    or rows_out < 0
    or rows_in <> coalesce(prior_rows_out, rows_in)
