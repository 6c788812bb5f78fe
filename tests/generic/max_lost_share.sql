{#- No column loses more than a share of its values, which are replaced or unknown then.

    files, products: the tables of raw files and of products.
    minimum_rows: columns of fewer rows pass; half of them may be a few.
    maximum: the share, 0 to 1. -#}
{% test max_lost_share(model, files, products, minimum_rows, maximum) %}

-- Skips no table when it fails. depends_on: {{ ref('published_figures_check') }}
with

read_files as (

    select
        dataset,
        min(source_file) as source_file

    from {{ files }}

    group by dataset

),

-- Of customers, a word that is not known may be a name.
price_example as (

    select min(price_text) as example

    from {{ products }}

    where listed_price is null

)

select
    read_files.source_file,
    checks.column_name,
    checks.check_name,
    checks.row_count,
    concat(
        read_files.source_file, ', column ', checks.column_name,
        ': expected at most {{ "%g" % (maximum * 100) }} % of its values to be lost, found ',
        checks.row_count, ' of ', checks.rows_read, ' (',
        {{ percentage('checks.row_count', 'checks.rows_read') }}, ' %) ',
        case checks.check_name
            when 'referential' then 'that refer to nothing known'
            when 'missing values' then 'missing'
            else checks.check_name
        end,
        case
            when checks.column_name = 'prices'
                then coalesce(', such as `' || price_example.example || '`', '')
            else ''
        end,
        ' (', checks.treatment, '); correct the column, or export the file again with',
        ' plain numbers, dates such as 2017-01-31 and the words of the original, and build',
        ' again.'
    ) as message

from {{ model }} as checks

inner join read_files
    on checks.dataset = read_files.dataset

cross join price_example

where
    checks.is_value_lost
    and checks.rows_read >= {{ minimum_rows }}
    and checks.row_count > checks.rows_read * {{ maximum }}

{% endtest %}
