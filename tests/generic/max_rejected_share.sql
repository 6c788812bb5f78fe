{#- No raw file loses more than a share of its rows.

    rejected_rows: the table that lists them.
    maximum: the share, 0 to 1.
    minimum_rows: files with fewer rows pass; half of them may be a few. -#}
{% test max_rejected_share(model, rejected_rows, maximum, minimum_rows=0) %}

-- Skips no table when it fails. depends_on: {{ ref('published_figures_check') }}
with

reasons as (

    select
        dataset,
        source_file,
        reason,
        count(*) as row_count,
        min(raw_row) as example

    from {{ rejected_rows }}

    group by
        dataset,
        source_file,
        reason

),

ranked as (

    select
        *,
        row_number() over (
            partition by dataset, source_file
            order by row_count desc, reason asc
        ) as reason_rank

    from reasons

),

breaches as (

    select
        *,
        count(*) over () as file_count

    from {{ model }}

    where
        rows_read >= {{ minimum_rows }}
        and rows_rejected > rows_read * {{ maximum }}

)

select
    breaches.source_file,
    breaches.rows_read,
    breaches.rows_rejected,
    concat(
        breaches.source_file, ': expected at most {{ "%g" % (maximum * 100) }} % of its rows',
        ' to be rejected, found ', breaches.rows_rejected, ' of ', breaches.rows_read, ' (',
        {{ percentage('breaches.rows_rejected', 'breaches.rows_read') }}, ' %), ',
        coalesce(ranked.row_count, 0), ' of them because ',
        coalesce(ranked.reason, 'nobody knows why'),
        -- Of customers, a cell may hold a name.
        case
            when breaches.dataset <> 'customers'
                then concat(', such as `', substr(ranked.example, 1, 80), '`')
            else ''
        end,
        case
            when breaches.file_count > 1
                then concat(', and as much in ', breaches.file_count - 1, ' other files')
            else ''
        end,
        '; look at `instacart query -c "from data_quality.rejected_rows',
        ' where source_file = ''', breaches.source_file, '''"`, correct the file or get it',
        ' anew, and build again.'
    ) as message

from breaches

left join ranked
    on
        breaches.dataset = ranked.dataset
        and breaches.source_file = ranked.source_file
        and ranked.reason_rank = 1

{% endtest %}
