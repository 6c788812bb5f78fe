{#- No raw file loses more than a share of its rows.

    rejected_rows, customers: the table that lists them, and the rows of customers.csv.
    maximum: the share, 0 to 1.
    minimum_rows: files with fewer rows pass; half of them may be a few. -#}
{% test max_rejected_share(model, rejected_rows, customers, maximum, minimum_rows=0) %}

-- Skips no table when it fails. depends_on: {{ ref('published_figures_check') }}
with

reasons as (

    select
        source_file,
        reason,
        count(*) as row_count,
        nullif(
            min(case when dataset <> 'customers' then substr(raw_row, 1, 80) end), ''
        ) as example

    from {{ rejected_rows }}

    group by
        source_file,
        reason

    qualify
        row_number() over (
            partition by source_file
            order by row_count desc, reason asc
        ) = 1

),

-- Of customers, a cell may hold a name: a letter beside digits is shown as x.
masked as (

    select
        rejection_reason,
        min(substr(masked_value, 1, 80)) as example

    from {{ customers }}

    group by rejection_reason

)

select
    files.source_file,
    concat(
        files.source_file, ': expected at most {{ "%g" % (maximum * 100) }} % of its rows',
        ' to be rejected, found ', files.rows_rejected, ' of ', files.rows_read, ' (',
        {{ percentage('files.rows_rejected', 'files.rows_read') }}, ' %)',
        coalesce(', ' || reasons.row_count || ' of them for ' || reasons.reason, ''),
        coalesce(', such as `' || coalesce(masked.example, reasons.example) || '`', ''),
        '; look at `instacart query -c "from data_quality.rejected_rows',
        ' where source_file = ''', files.source_file, '''"`, correct the file or get it',
        ' again, and build again.'
    ) as message

from {{ model }} as files

left join reasons
    on files.source_file = reasons.source_file

left join masked
    on
        files.dataset = 'customers'
        and reasons.reason = masked.rejection_reason

where
    files.rows_read >= {{ minimum_rows }}
    and files.rows_rejected > files.rows_read * {{ maximum }}

{% endtest %}
