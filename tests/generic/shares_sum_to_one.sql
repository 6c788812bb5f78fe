{#- Shares are between 0 and 1, and sum to 1 in each group; where there is nothing to share,
    all of them are null or 0.

    shares: columns.
    per: columns that name the group; none for the whole table. -#}
{% test shares_sum_to_one(model, shares, per=none) %}

{%- for share in shares %}
select
    '{{ share }}' as share,
    {%- if per %}
    {{ per | join(', ') }},
    {%- endif %}
    sum({{ share }}) as total,
    {{ sentence(
        table_name(model),
        share ~ ' to be from 0 to 1 and to sum to 1'
        ~ (' for each ' ~ per | join(', ') if per else ''),
        "'a sum of ', sum(" ~ share ~ "), ' of ', count(" ~ share ~ "), ' values from ',"
        ~ ' min(' ~ share ~ "), ' to ', max(" ~ share ~ "), ' in ', count(*), ' rows'",
        project_fault(
            'select ' ~ (per or []) | join(', ') ~ (', ' if per else '')
            ~ 'sum(' ~ share ~ ') from ' ~ table_name(model) ~ ' group by all'
        ),
    ) }} as message

from {{ model }}
{%- if per %}

group by {{ per | join(', ') }}
{%- endif %}

having
    abs(sum({{ share }}) - 1) > 0.000001 and sum({{ share }}) <> 0
    or min({{ share }}) < 0
    or max({{ share }}) > 1
    or count({{ share }}) not in (0, count(*))
{%- if not loop.last %}

union all
{%- endif %}
{% endfor %}

{% endtest %}
